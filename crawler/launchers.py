"""Which package a command runs: `npx -y pkg@ver`, `uvx pkg`, `docker run image` and the like.

Only names leave this module: values of options and positional words may be secrets. A package is
named only where the command says beyond doubt that its runner fetches it from its usual kind of
place. A folder, an archive or a repository is none: whoever has its name in the public registry
wrote another program (dependency confusion).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from crawler.command_lines import program_name, program_of, read_line
from crawler.records import Package
from crawler.registries import other_registry
from crawler.runner_words import Choice, chosen
from crawler.runners import LOCAL_VARIABLES, PROGRAMS, REGISTRY_VARIABLES, RUNNERS
from crawler.targets import is_package_name, is_package_version
from crawler.url_secrets import SECRET, without_secrets

UNKNOWN_REGISTRY = "unknown:"
"""Stands for a registry that the words do not tell: of a file or a project of this machine, say."""

_LONGEST = 64
_FILES = (".tgz", ".tar", ".gz", ".zip", ".whl", ".bz2", ".xz", ".egg", ".tbz", ".py")
"""Endings of what a runner takes for a file, though it could be a name."""
_WORDS_OF_NPM = frozenset(["true", "false", "null"])
"""What npm may take for the value of a switch before it."""
_INTERPRETERS = frozenset(["python", "pythonw", "cpython", "pypy", "graalpy"])
"""What uvx runs as such, whatever the registry has by that name."""


class Launch(NamedTuple):
    """What a runner fetches and runs."""

    registry_type: str
    named: str  # as written: it may hold a secret
    command: str | None  # the program of the package that is started, where one is named
    after: list[str]  # the words for the program
    registries: tuple[str, ...]  # what the words say of where it is from, without secrets
    is_sure: bool  # nothing but one package of a registry can be meant
    looks_around: bool  # what lies in the folder where it is started goes first


def package_of(
    words: list[str],
    inputs: tuple[str, ...],
    variables: Mapping[str, str] | None = None,
    *,
    has_folder: bool = False,
) -> Package:
    """Recognise the package that a command runs; anything else is a plain command.

    `words` are the command and its arguments; `inputs` the names of the variables it needs;
    `variables` those that are set for it, whose values are not kept. `has_folder` says that it is
    started in a folder of its own, where npm and its like, and pipx, look for programs first.
    """
    line = read_line(words, PROGRAMS)
    needed = tuple(dict.fromkeys((*inputs, *line.variables)))
    launched = _launched(line.words)
    if launched is not None and launched.is_sure:
        named = _split(launched.registry_type, launched.named)
        if named is not None:
            registries = [*launched.registries, *_registries_of(line.variables)]
            registries += _registries_of(variables or {})
            if has_folder and launched.looks_around:
                registries.append(UNKNOWN_REGISTRY)
            found = Package(
                registry_type=launched.registry_type,
                identifier=named[0],
                version=named[1],
                command=launched.command,
                arguments=_flags(launched.after),
                required_inputs=needed,
            )
            return _from(found, registries)
    return Package(
        registry_type="command",
        identifier=program_name(line.words[0]),
        arguments=_flags(line.words[1:]),
        required_inputs=needed,
    )


def launched_by(words: list[str]) -> Launch | None:
    """Return what a runner fetches and runs, or None where the command is no runner's."""
    return _launched(read_line(words, PROGRAMS).words)


def is_of_this_machine(named: str) -> bool:
    """Say whether a package, as written, is a file or a folder."""
    is_drive = named[1:2] == ":" and named[:1].isalpha()
    is_path = named.startswith((".", "/", "~", "file:")) or "\\" in named or is_drive
    return is_path or ("://" not in named and named.lower().endswith(_FILES))


def _launched(words: list[str]) -> Launch | None:
    program = program_of(words[0])
    for runner in RUNNERS:
        if program != runner.start[0] or tuple(words[1 : len(runner.start)]) != runner.start[1:]:
            continue
        found = chosen(words[len(runner.start) :], runner)
        if found is None:
            return None
        command = _installed_as(found.command, runner.registry_type)
        is_sure = not found.is_doubtful and (command is None or _is_program(command))
        if found.is_local or any(not _is_requirement(one) for one in found.added):
            registries = (*found.registries, UNKNOWN_REGISTRY)
        else:
            registries = found.registries
        return Launch(
            runner.registry_type,
            found.named,
            command,
            found.after,
            tuple(_shown(one) for one in registries),
            is_sure and not _is_special(runner.registry_type, found),
            looks_around=runner.registry_type == "npm" or program == "pipx",
        )
    return None


def _installed_as(command: str | None, registry_type: str) -> str | None:
    """Return a program by the name that its package gives it: on Windows uv adds `.exe`."""
    if command is None or registry_type != "pypi" or not command.lower().endswith(".exe"):
        return command
    return command[: -len(".exe")]


def _is_special(registry_type: str, found: Choice) -> bool:
    """Say whether a runner takes this for something else than a package of its registry."""
    name = found.named.partition("@")[0].lower()
    if registry_type == "npm":
        return found.named.lower() in _WORDS_OF_NPM
    return registry_type == "pypi" and name.rstrip("0123456789.") in _INTERPRETERS


def _is_program(word: str) -> bool:
    """Say whether a word can be the name of a program that a package brings."""
    return is_package_name("npm", word) and "/" not in word and not is_of_this_machine(word)


def _is_requirement(text: str) -> bool:
    """Say whether what is added to a package comes from a registry too."""
    while "[" in text:  # extras
        head, _, tail = text.partition("[")
        text = head + tail.partition("]")[2]
    parts = [one.strip() for one in text.split(",")]
    return all(
        (found := _split("pypi", one)) is not None and "://" not in found[0]
        for one in parts
        if not one.startswith(("<", ">", "=", "!", "~"))  # goes on with what stands before
    )


def _shown(registry: str) -> str:
    try:
        return without_secrets(registry)[0]
    except ValueError:
        return UNKNOWN_REGISTRY


def _registries_of(variables: Mapping[str, str]) -> list[str]:
    """Return the registries that variables name, without secrets; an empty one names none."""
    found: list[str] = []
    for key, value in variables.items():
        name = key.upper()
        if not value.strip():
            continue
        if name in REGISTRY_VARIABLES or (
            name.startswith("NPM_CONFIG_@") and name.endswith(":REGISTRY")
        ):
            found += [_shown(one) for one in value.replace(",", " ").split()]
        elif name in LOCAL_VARIABLES:
            found.append(UNKNOWN_REGISTRY)
    return found


def _from(package: Package, registries: list[str]) -> Package:
    """Return a package with where it is from: one that is not the usual place goes before it."""
    made = [replace(package, registry_base_url=one) for one in registries]
    other = next((one for one in made if other_registry(one) is not None), None)
    return other or next(iter(made), package)


def _split(registry_type: str, named: str) -> tuple[str, str | None] | None:
    """Return a package's name and its version, if the command pins one; None for what is none.

    A URL is its own name, without secrets.
    """
    if registry_type == "oci":
        return _image_name(named)
    if is_of_this_machine(named):
        return None
    return _npm_name(named) if registry_type == "npm" else _pypi_name(named)


def _npm_name(named: str) -> tuple[str, str | None] | None:
    """Part `@scope/name@spec` as npm does (npm-package-arg)."""
    if "://" in named.partition("@")[0]:
        return _url_name(named)
    at = named.find("@", 1)
    name, spec = (named[:at], named[at + 1 :]) if at > 0 else (named, None)
    if not is_package_name("npm", name):
        return None
    return _with_version(name, spec or None)


def _pypi_name(named: str) -> tuple[str, str | None] | None:
    """Part a requirement (PEP 508), and `name@version` as uv has it."""
    if "://" in named.partition("@")[0]:
        return _url_name(named)
    end = next((i for i, c in enumerate(named) if not (c.isalnum() or c in "-_.")), len(named))
    name, rest = named[:end], named[end:].strip()
    if not is_package_name("pypi", name):
        return None
    if rest.startswith("["):
        rest = rest.partition("]")[2].strip()
    rest = rest.partition(";")[0].strip()
    if rest.startswith("===") or not rest.startswith(("==", "@")):
        return _with_version(name, rest or None)
    return _with_version(name, rest.lstrip("=@").strip() or None)


def _with_version(name: str, spec: str | None) -> tuple[str, str | None] | None:
    """Return a name with what is said of its version; None where that is another place."""
    if spec is None or is_package_version(spec):
        is_file = spec is not None and is_of_this_machine(spec)
        return None if is_file else (name, spec)
    if "://" in spec:
        return _url_name(spec)
    is_range = all(c.isascii() and (c.isalnum() or c in " <>=!~^*|,.+-_") for c in spec)
    return (name, spec[:_LONGEST]) if is_range else None


def _url_name(url: str) -> tuple[str, str | None]:
    try:
        return without_secrets(url)[0], None
    except ValueError:
        return url.partition("://")[0][:_LONGEST] + "://", None


def _image_name(named: str) -> tuple[str, str | None] | None:
    """Part an image into name, and tag or digest."""
    if not named[:1].isalnum() or not all(c.isascii() and (c.isalnum() or c in "._-/:@") for c in named):  # fmt: skip
        return None
    name, mark, tag = named.partition("@")
    if not mark and ":" in named.rpartition("/")[2]:
        name, _, tag = named.rpartition(":")
    return name, tag or None


def _flags(words: list[str]) -> tuple[str, ...]:
    """Return the names of the options; values and positional words may be secrets.

    A short option is cut to its letter, for `-pSECRET` is how some programs take a password; a
    long one to its name, for `--key SECRET` may be one word.
    """
    found = []
    for word in words:
        if not word.startswith("-") or word.strip("-") == "":
            continue
        if not word.startswith("--"):
            found.append(word[:2])
            continue
        end = next((i for i, c in enumerate(word) if not (c.isalnum() or c in "-_.")), len(word))
        name = word[:end]
        if len(name) <= _LONGEST and not _may_be_secret(name):
            found.append(name)
    return tuple(found)


def _may_be_secret(name: str) -> bool:
    """Say whether what looks like an option may be the value of the one before it."""
    return SECRET in without_secrets(f"https://h.example/{name.strip('-')}")[0]
