"""The parameters of a tool, found in real JSON Schemas, with what their names and types say.

Local `$ref`s are resolved, nested objects and combinators are followed; network references
never are. Everything is bounded: past the caps the walk stops and says so.
"""

import re  # noqa: TID251 - two linear patterns on names that are cut to 128 characters
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

MAX_PARAMETERS = 600
MAX_DEPTH = 8
_MAX_ENUM = 40
MAX_VALUE = 60
"""Characters of a listed value that are read."""
_MAX_BRANCHES = 50
_MAX_CHOICE = 2  # references and choices one inside the other
_MAX_NAME = 128
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_DOC_LINE = re.compile(
    r"^[ \t]*[-*]?[ \t]*`?([A-Za-z_]\w{1,40})`?[ \t]*(?:\([^)\n]{0,60}\))?[ \t]*:", re.MULTILINE
)

_EXACT = {
    "sql": "sql query_sql sql_query sqlquery statement soql cypher aql kql raw_query raw_sql sqlstatement",
    "query": "query queries q graphql pipeline filter_query",
    "code": "code script javascript js python source_code sourcecode expression expr function_code program snippet code_snippet py_code python_code lua powershell userdata user_data",
    "command": "command commands cmd shell_command command_line commandline cli_command bash shell args",
    "url": "url urls uri link href endpoint base_url baseurl website webpage page_url target_url image_url website_url callback_url webhook_url",
    "outpath": "output_path outputpath output_dir outputdir output_file outputfile output_directory output_folder save_path savepath save_dir savedir save_to save_directory save_folder saveto dest_path destination_path destpath out_path outfile out_dir output_filename output filepath_out target_path save_as local_path download_path download_dir save_location destination_dir output_location",
    "path": "path paths file files filename file_name file_path filepath filepaths file_paths directory dir folder folder_path directory_path absolute_path relative_path root_path project_path repo_path input_path source_path input_file image_path video_path audio_path pdf_path source dst src cwd working_directory local_file root_dir notebook_path workspace_path",
    "prompt": "prompt prompts messages instruction instructions question system_prompt systemprompt user_prompt text_prompt negative_prompt user_message",
    "model": "model model_name modelname model_id llm temperature max_tokens maxtokens top_p",
    "credential": "password passwd api_key apikey secret token access_token auth_token bearer_token private_key privatekey client_secret secret_key secretkey passphrase credentials mnemonic seed_phrase user_password refresh_token jwt authorization apitoken api_token otp pin session_token signature_key pwd auth signer_key access_key wallet_private_key",
    "markup": "html template body_html htmlbody html_body body_template css svg xml_content html_content",
    "content": "content contents text body data",
    "recipient": "recipient recipients to to_email to_address email_to phone phone_number phonenumber chat_id chatid channel channel_id channelid to_number cc bcc emails attendees",
    "amount": "amount amounts quantity qty price size value amount_in amountin leverage lamports sol_amount",
    "method": "method http_method httpmethod verb",
    "action": "action actions operation operations op mode command_type action_type subcommand",
    "overwrite": "overwrite force replace_existing hard permanent permanently truncate purge",
    "dryrun": "dry_run dryrun preview simulate confirm confirmed confirmation",
    "session": "session_id sessionid page_id pageid tab_id tabid browser_id connection_id",
}  # fmt: skip
_LANGUAGES = (
    "source python py js javascript ts typescript java rust go golang c cpp csharp r sql shell bash html css svg xml"
    " latex tex mermaid plantuml dot d2 chart diagram plot script function fn lambda handler worker contract"
    " solidity shader test snippet block cell notebook kernel custom user raw inline input full new old original"
    " modified updated generated program react jsx tsx vue component lua ruby perl php swift kotlin matlab"
    " wolfram assembly asm byte wasm g plugin module hook macro strategy formula filter transform query command"
)
_PROGRAMS = frozenset(_LANGUAGES.split())
"""Words before `code` with which it is a program; with others it is a sign for something: `bank_code`."""
_FLAG: dict[str, tuple[str, ...]] = {}
for _flag, _names in _EXACT.items():
    for _name in _names.split():
        _FLAG[_name] = (*_FLAG.get(_name, ()), _flag)
_TARGET_ENDINGS = ("ids", "names", "keys", "urls", "files", "paths", "emails", "items", "records", "users", "messages", "entities", "issues", "tasks", "operations", "requests", "rows", "documents", "tables", "symbols", "addresses", "orders", "recipients", "nodes", "events", "contacts", "pages", "images", "videos", "edits", "objects", "relations", "cards", "uris", "numbers", "queries", "updates", "products", "services", "instances")  # fmt: skip


class Parameter(NamedTuple):
    """One property of the input schema: where it is, what it is called, what it may be."""

    pointer: str
    name: str
    words: tuple[str, ...]  # lower-case words of the name
    type: str | None
    required: bool
    depth: int
    flags: tuple[str, ...]  # sql, code, url, path, ... by name, `array` by type
    enum: tuple[str, ...]


def escape(key: str) -> str:
    """Return a key as one token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[str, ...]:
    """Return the lower-case words of a snake_case, camelCase or dotted name."""
    return tuple(word.lower() for word in _WORD.findall(name[:_MAX_NAME]))


@lru_cache(maxsize=65536)
def name_flags(name: str) -> tuple[str, ...]:
    """Return what a parameter's name says: `sql`, `url`, `credential` and so on."""
    words = name_words(name)
    joined = "_".join(words)
    found = list(_FLAG.get(joined, ()) or _FLAG.get("".join(words), ()))
    last = words[-1] if words else ""
    if not found and len(words) > 1 and (last != "code" or words[-2] in _PROGRAMS):
        found += [
            flag
            for flag in _FLAG.get(last, ())
            if flag in {"url", "path", "password", "sql", "prompt", "command", "code"}
        ]
        if last in {"password", "secret", "passphrase", "mnemonic"} or joined.endswith(
            ("api_key", "private_key", "secret_key", "access_token", "auth_token", "api_token")
        ):
            found.append("credential")
        if words[0] in {"output", "save"} and last in {
            "path",
            "dir",
            "file",
            "folder",
            "directory",
        }:
            found.append("outpath")
    return tuple(found)


def doc_parameters(text: str) -> tuple[Parameter, ...]:
    """Return the parameters that a docstring lists (`name: what`, one a line).

    Many servers publish no schema but a Python docstring; the pointer is the description's.
    """
    return tuple(
        Parameter("/description", name, name_words(name), None, False, 0, name_flags(name), ())
        for name in _DOC_LINE.findall(text)[:30]
        if name.lower() not in {"args", "returns", "return", "raises", "example", "examples", "note", "arguments", "parameters"}
    )  # fmt: skip


def parameters(schema: Any) -> tuple[tuple[Parameter, ...], bool]:
    """Return every property of an input schema, outermost first, and whether any part was not read.

    Not read is what is behind a cap, what stands under a keyword that is not followed, and a value
    that says what a call can do and is listed behind the last one that is read.
    """
    if not isinstance(schema, dict):
        return (), False
    found: list[Parameter] = []
    unread: list[str] = []
    for parameter in _walk(schema, unread):
        if len(found) >= MAX_PARAMETERS:
            return tuple(found), True
        found.append(parameter)
        if len(parameter.enum) == _MAX_ENUM and _lists_more(schema, parameter):
            unread.append(parameter.pointer)
    return tuple(found), bool(unread)


def chooses(words: tuple[str, ...], flags: Collection[str]) -> bool:
    """Say whether what a parameter lists is what the call can do, by its name and what that stands for."""
    return (bool(words) and words[-1] in _DEEDS) or not _CHOOSES.isdisjoint(flags)


_CHOOSES = frozenset(["action", "method", "command"])
_DEEDS = frozenset(
    ["do", "task", "request", "function", "call", "intent", "activity", "aktion", "accion", "acao"]
)
"""Flags of such a parameter, and last words of its name."""


def _walk(root: dict[str, Any], unread: list[str]) -> Iterator[Parameter]:
    """Yield the properties; `unread` gets the places that are not looked into."""
    queue: list[tuple[Any, str, int]] = [(root, "/inputSchema", 0)]
    seen: set[int] = set()
    steps = 0
    while queue and steps < MAX_PARAMETERS * 4:
        steps += 1
        node, pointer, depth = queue.pop(0)
        if not isinstance(node, dict) or id(node) in seen:
            continue
        if depth > MAX_DEPTH or _is_past(node):
            unread.append(pointer)
        if depth > MAX_DEPTH:
            continue
        seen.add(id(node))
        reference = node.get("$ref")
        if isinstance(reference, str):
            target, where = _resolve(root, reference)
            queue.append((target, where, depth + 1))
        properties = node.get("properties")
        if isinstance(properties, dict):
            required = node.get("required")
            names = required if isinstance(required, list) else ()
            for name, value in properties.items():
                if not isinstance(name, str):
                    continue
                where = f"{pointer}/properties/{escape(name)}"
                yield _parameter(root, where, name, value, name in names, depth)
                if isinstance(value, dict) and _nested(value):
                    queue.append((value, where, depth + 1))
        queue.extend(_children(node, pointer, depth))
    unread += [pointer for node, pointer, _ in queue if isinstance(node, dict)]


_CHOICES = ("anyOf", "oneOf", "allOf")
_UNREAD = frozenset(
    [
        "additionalProperties", "contains", "dependentSchemas", "else", "if", "patternProperties", "prefixItems",
        "then", "unevaluatedProperties",
    ]
)  # fmt: skip
"""Keywords that hold schemas and are not followed: hardly anybody uses them for what has a name."""
_PARTS = _UNREAD.union(_CHOICES)


def _is_past(node: dict[str, Any]) -> bool:
    """Say whether a schema has parts that are not followed, or more choices than are."""
    if _PARTS.isdisjoint(node):
        return False
    if any(_has_properties(node[key]) for key in _UNREAD & node.keys()):
        return True
    return any(_is_longer(node.get(key), _MAX_BRANCHES) for key in _CHOICES)


def _has_properties(given: Any) -> bool:
    """Say whether there is a schema with named properties in what a keyword holds, or too much to tell."""
    left, looked = [given], 0
    while left:
        looked += 1
        if looked > MAX_PARAMETERS:
            return True
        one = left.pop()
        if isinstance(one, dict):
            if isinstance(one.get("properties"), dict) and one["properties"]:
                return True
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return False


def _is_longer(given: Any, most: int) -> bool:
    return isinstance(given, list) and len(given) > most


def _lists_more(root: dict[str, Any], parameter: Parameter) -> bool:
    """Say whether a parameter that chooses what the call does lists more values than are read."""
    value, _ = _resolve(root, "#" + parameter.pointer.removeprefix("/inputSchema"))
    if not isinstance(value, dict) or not chooses(parameter.words, parameter.flags):
        return False
    nodes = [value, *(node for node, _ in choices(root, value, parameter.pointer))]
    listed = [node["enum"] for node in nodes if isinstance(node.get("enum"), list)]
    return sum(map(len, listed)) > _MAX_ENUM


_CHOOSING = frozenset(["$ref", "anyOf", "oneOf", "allOf"])
_NESTING = _PARTS | {"properties", "$ref", "items"}


def _nested(value: dict[str, Any]) -> bool:
    return not _NESTING.isdisjoint(value)


def _children(node: dict[str, Any], pointer: str, depth: int) -> Iterator[tuple[Any, str, int]]:
    for key in _CHOICES:
        options = node.get(key)
        if isinstance(options, list):
            for index, option in enumerate(options[:_MAX_BRANCHES]):
                yield option, f"{pointer}/{key}/{index}", depth + 1
    if isinstance(node.get("items"), dict):
        yield node["items"], f"{pointer}/items", depth + 1


def _resolve(root: dict[str, Any], reference: str) -> tuple[Any, str]:
    if not reference.startswith("#/"):
        return None, ""
    node: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(key)] if key in map(str, range(min(len(node), _MAX_BRANCHES))) else None
        else:
            node = node.get(key) if isinstance(node, dict) else None
    return node, "/inputSchema/" + reference[2:]


def _parameter(  # noqa: PLR0913, PLR0917 - what a parameter is made of
    root: dict[str, Any], pointer: str, name: str, value: Any, required: bool, depth: int
) -> Parameter:
    kind: str | None = None
    enum: tuple[str, ...] = ()
    is_url = False
    if isinstance(value, dict):
        kind, options, is_url = _own(value)
        if (kind is None or not options) and not _CHOOSING.isdisjoint(value):
            for other, _ in choices(root, value, pointer):
                its_kind, its_options, is_other_url = _own(other)
                kind = kind or its_kind
                is_url = is_url or is_other_url
                options += its_options
        if options:
            enum = tuple(str(option)[:MAX_VALUE] for option in options[:_MAX_ENUM])
    return Parameter(
        pointer,
        name,
        name_words(name),
        kind,
        required,
        depth,
        _typed_flags(name, kind, is_url),
        enum,
    )


def _own(value: dict[str, Any]) -> tuple[str | None, list[Any], bool]:
    """Return the type, the listed values, and whether it is a URL, by what stands in a schema itself."""
    given, options = value.get("type"), value.get("enum")
    if isinstance(given, list):  # ["string", "null"]
        given = next((one for one in given if one != "null"), None)
    listed = options[:_MAX_ENUM] if isinstance(options, list) else []
    if not listed and isinstance(value.get("const"), str):
        listed = [value["const"]]
    kind = given if isinstance(given, str) and given != "null" else None
    return kind, listed, value.get("format") in _URLS


def choices(
    root: dict[str, Any], value: dict[str, Any], pointer: str
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield what a schema stands for by reference and by choice, and where: generators write enums so."""
    queue = [(value, pointer, 0)]
    steps = 0
    while queue and steps < _MAX_ENUM:
        steps += 1
        node, where, depth = queue.pop(0)
        if depth:
            yield node, where
        if depth > _MAX_CHOICE:
            continue
        reference = node.get("$ref")
        found = [_resolve(root, reference)] if isinstance(reference, str) else []
        for key in ("anyOf", "oneOf", "allOf"):
            given = node.get(key)
            if isinstance(given, list):
                found += [(one, f"{where}/{key}/{i}") for i, one in enumerate(given[:_MAX_ENUM])]
        queue += [(one, there, depth + 1) for one, there in found if isinstance(one, dict)]


def places(root: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    """Yield (pointer, value) of every text that a parameter lists, itself or by what it stands for."""
    value, _ = _resolve(root, "#" + pointer.removeprefix("/inputSchema"))
    if not isinstance(value, dict):
        return
    for node, where in chain(((value, pointer),), choices(root, value, pointer)):
        options = node.get("enum")
        if isinstance(options, list):
            for index, option in enumerate(options[:_MAX_ENUM]):
                if isinstance(option, str):
                    yield f"{where}/enum/{index}", option
        elif isinstance(node.get("const"), str):
            yield f"{where}/const", node["const"]


_URLS = ("uri", "url")


@lru_cache(maxsize=65536)
def _typed_flags(name: str, kind: str | None, is_url: bool) -> tuple[str, ...]:
    """Return what a parameter's name and type say together."""
    flags = name_flags(name)
    if kind == "array":
        flags = (*flags, "array")
        if name.lower().endswith(_TARGET_ENDINGS):
            flags = (*flags, "targets")
    if is_url and "url" not in flags:
        flags = (*flags, "url")
    if kind in {"boolean", "integer", "number"}:
        flags = tuple(f for f in flags if f in {"amount", "overwrite", "dryrun", "model", "array"})
    return flags
