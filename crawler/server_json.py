"""server.json, the registry's description of a server, in every shape it has had.

Current answers are camelCase and wrapped (`{server, _meta}`); older ones are snake_case or flat.
Nothing is validated against `$schema`: records are older than their own shape (registry PR 1515).
"""

from collections.abc import Mapping
from typing import Any

from crawler.records import JsonObject, Package, Remote, Server, ServerName

_OFFICIAL = "io.modelcontextprotocol.registry/official"
_MAX_INPUTS = 64


def unwrap(entry: object) -> tuple[JsonObject, JsonObject] | None:
    """Return (server object, registry's own notes) of one list entry, or None if it is neither."""
    if not isinstance(entry, dict):
        return None
    inner = entry.get("server")
    server = inner if isinstance(inner, dict) else entry
    if not isinstance(server.get("name"), str) or not server["name"]:
        return None
    for holder in (entry, server):
        meta = holder.get("_meta")
        notes = meta.get(_OFFICIAL) if isinstance(meta, dict) else None
        if isinstance(notes, dict):
            return server, notes
    return server, {}


def parse_server(server: JsonObject, notes: Mapping[str, Any] | None = None) -> Server:
    """Read a server object that has a name; unknown and malformed parts count as absent."""
    notes = notes or {}
    detail = _get(server, "version_detail", "versionDetail")
    version = server.get("version") or (detail.get("version") if isinstance(detail, dict) else None)
    status = notes.get("status") or server.get("status")
    return Server(
        name=ServerName(server["name"]),
        title=_text(server.get("title")),
        description=_text(server.get("description")),
        version=_text(version),
        repository_url=_repository(server.get("repository")),
        website_url=_text(_get(server, "websiteUrl", "website_url")),
        status=status if status in ("deprecated", "deleted") else "active",
        packages=tuple(_package(p) for p in _objects(server.get("packages")) if _identifier(p)),
        remotes=tuple(_remote(r) for r in _objects(server.get("remotes")) if _text(r.get("url"))),
    )


def _identifier(package: JsonObject) -> str | None:
    return _text(package.get("identifier")) or _text(package.get("name"))


def _package(package: JsonObject) -> Package:
    transport = package.get("transport")
    kind = transport.get("type") if isinstance(transport, dict) else transport
    own = _objects(_get(package, "packageArguments", "package_arguments"))
    given = [*own, *_objects(_get(package, "runtimeArguments", "runtime_arguments"))]
    variables = _objects(_get(package, "environmentVariables", "environment_variables"))
    return Package(
        registry_type=_text(_get(package, "registryType", "registry_type", "registry_name"))
        or "unknown",
        identifier=_identifier(package) or "",
        version=_text(package.get("version")),
        transport=_text(kind) or "stdio",
        arguments=tuple(word for argument in own for word in _argument(argument)),
        required_inputs=_required([*variables, *given, *_headers(transport)]),
        file_sha256=_text(_get(package, "fileSha256", "file_sha256")),
        registry_base_url=_text(_get(package, "registryBaseUrl", "registry_base_url")),
    )


def _remote(remote: JsonObject) -> Remote:
    variables = remote.get("variables")
    inputs = [
        {"name": name, **value}
        for name, value in (variables.items() if isinstance(variables, dict) else ())
        if isinstance(value, dict)
    ]
    return Remote(
        transport=_text(_get(remote, "type", "transport_type", "transport")) or "streamable-http",
        url=remote["url"],
        required_inputs=_required([*_headers(remote), *inputs]),
    )


def _headers(holder: object) -> list[JsonObject]:
    return _objects(holder.get("headers")) if isinstance(holder, dict) else []


def _argument(argument: JsonObject) -> tuple[str, ...]:
    """Return the words of one package argument, if its value is known and no secret."""
    value = _get(argument, "value", "default")
    if _get(argument, "isSecret", "is_secret") is True or "{" in str(value):
        return ()
    words = [str(value)] if isinstance(value, str | int | float) else []
    if argument.get("type") == "named" and _text(argument.get("name")):
        is_flag = value is None and not _is_open(argument)
        return (argument["name"], *words) if words or is_flag else ()
    return tuple(words)


def _required(inputs: list[JsonObject]) -> tuple[str, ...]:
    """Return the names of the inputs that must be given and have neither value nor default."""
    names: list[str] = []
    for one in inputs:
        nested = one.get("variables")
        for name, variable in nested.items() if isinstance(nested, dict) else ():
            if isinstance(variable, dict) and _is_open(variable):
                names.append(str(name))
        if _is_open(one) and not (isinstance(nested, dict) and nested):
            names.append(str(_get(one, "name", "valueHint", "value_hint") or "argument"))
    return tuple(dict.fromkeys(names))[:_MAX_INPUTS]


def _is_open(one: JsonObject) -> bool:
    value = one.get("value")
    filled = isinstance(value, str) and value and "{" not in value
    required = _get(one, "isRequired", "is_required", "required")
    return required is True and not filled and one.get("default") in (None, "")


def _repository(value: object) -> str | None:
    return _text(value.get("url")) if isinstance(value, dict) else _text(value)


def _objects(value: object) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _get(holder: JsonObject, *keys: str) -> Any:
    return next((holder[key] for key in keys if holder.get(key) is not None), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
