"""Which package a command runs: `npx -y pkg@ver`, `uvx pkg`, `docker run image` and the like.

Only names leave this module: values of options and positional words may be secrets.
"""

from pathlib import PurePath, PureWindowsPath
from typing import NamedTuple

from crawler.records import Package
from crawler.url_secrets import without_secrets


def program_of(word: str) -> str:
    """Return a command without folder and Windows suffix, in lower case."""
    path = PureWindowsPath(word) if "\\" in word else PurePath(word)
    name = path.name.lower()
    return name.rsplit(".", 1)[0] if name.endswith((".exe", ".cmd", ".bat")) else name


def package_of(words: list[str], inputs: tuple[str, ...]) -> Package:
    """Recognise the package that a command runs; anything else is a plain command.

    `words` are the command and its arguments; `inputs` the names of the variables it needs.
    """
    program, rest = program_of(words[0]), words[1:]
    launched = launched_by(words)
    if launched:
        identifier, version = _split(launched.registry_type, launched.named)
        return Package(
            registry_type=launched.registry_type,
            identifier=identifier,
            version=version,
            arguments=_flags(launched.after),
            required_inputs=inputs,
            registry_base_url=launched.registry,
        )
    return Package(
        registry_type="command",
        identifier=program,
        arguments=_flags(rest),
        required_inputs=inputs,
    )


class Launch(NamedTuple):
    """What a runner fetches and runs: the package as written, and the words after it."""

    registry_type: str
    named: str
    after: list[str]
    registry: str | None  # another registry than the runner's own, without secrets


def launched_by(words: list[str]) -> Launch | None:
    """Return what a runner runs, or None where the command is none."""
    program, rest = program_of(words[0]), words[1:]
    for prefix, (registry_type, naming, valued) in _RUNNERS.items():
        first, *more = prefix.split()
        if program == first and rest[: len(more)] == more:
            own = rest[len(more) :]
            named, after = _find(own, naming, valued)
            if named:
                before = own[: len(own) - len(after)]
                registry = registry_in(before, is_python=registry_type == "pypi")
                return Launch(registry_type, named, after, registry)
    return None


_DOCKER_VALUED = frozenset(
    [
        "-e",
        "--env",
        "--env-file",
        "-v",
        "--volume",
        "--mount",
        "-p",
        "--publish",
        "--name",
        "--network",
        "--net",
        "-w",
        "--workdir",
        "--entrypoint",
        "-u",
        "--user",
        "--add-host",
        "--platform",
        "-m",
        "--memory",
        "--cpus",
        "-l",
        "--label",
        "--tmpfs",
        "-h",
        "--hostname",
        "--pull",
        "--security-opt",
        "--cap-add",
        "--cap-drop",
        "--restart",
        "--gpus",
        "--runtime",
    ]
)
_UV_VALUED = frozenset(
    [
        "--with",
        "--with-editable",
        "--python",
        "-p",
        "-i",
        "-f",
        "-c",
        "--constraints",
        "--overrides",
        "--exclude-newer",
        "--prerelease",
        "--resolution",
        "--with-requirements",
        "--directory",
        "--project",
        "--env-file",
        "-m",
        "--cache-dir",
    ]
)
_RUNNERS: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "npx": ("npm", frozenset({"-p", "--package"}), frozenset({"-c", "--call", "--registry"})),
    "bunx": ("npm", frozenset({"-p", "--package"}), frozenset()),
    "npm exec": ("npm", frozenset({"--package"}), frozenset()),
    "pnpm dlx": ("npm", frozenset({"--package"}), frozenset()),
    "yarn dlx": ("npm", frozenset({"-p", "--package"}), frozenset()),
    "bun x": ("npm", frozenset(), frozenset()),
    "uvx": ("pypi", frozenset({"--from"}), _UV_VALUED),
    "uv tool run": ("pypi", frozenset({"--from"}), _UV_VALUED),
    "pipx run": (
        "pypi",
        frozenset({"--spec"}),
        frozenset({"--python", "--pip-args", "--index-url"}),
    ),
    "docker run": ("oci", frozenset(), _DOCKER_VALUED),
    "podman run": ("oci", frozenset(), _DOCKER_VALUED),
}
"""Command to (registry type, options that name the package, options that take a value)."""


_REGISTRY = frozenset(
    ["--registry", "--index-url", "--extra-index-url", "--index", "--default-index", "--find-links",
     "--userconfig", "--globalconfig", "--config-file"]
)  # fmt: skip
"""Options that have a runner fetch from another registry than its own, or that may."""
_SHORT_REGISTRY = frozenset(["-i", "-f"])
"""The same of pip and uv; of others they are something else."""


def registry_in(words: list[str], *, is_python: bool = False) -> str | None:
    """Return the registry that a runner is told to fetch from, without secrets in its address.

    `unknown:` is one that cannot be told from the words: of a file, say.
    """
    for word, following in zip(words, [*words[1:], ""], strict=True):
        flag, equals, value = word.partition("=")
        value = value if equals else following
        if flag == "--pip-args":  # pipx hands them on, in one word
            found = registry_in(value.replace("'", " ").replace('"', " ").split(), is_python=True)
            if found is not None:
                return found
        if _is_registry(flag) or (is_python and flag in _SHORT_REGISTRY):
            try:
                return without_secrets(value)[0]
            except ValueError:
                return "unknown:"
    return None


def _is_registry(flag: str) -> bool:
    return flag in _REGISTRY or (flag.startswith("--@") and flag.endswith(":registry"))


def _find(
    words: list[str], naming: frozenset[str], valued: frozenset[str]
) -> tuple[str | None, list[str]]:
    """Return the package among a runner's words, and the words after the program's name."""
    named: str | None = None
    index = 0
    while index < len(words):
        word = words[index]
        flag, equals, value = word.partition("=")
        if word == "--":
            pass
        elif flag in naming:
            named = value if equals else next(iter(words[index + 1 : index + 2]), None)
            index += not equals
        elif flag in valued or _is_registry(flag):
            index += not equals
        elif not word.startswith("-"):
            return named or word, words[index + 1 :]
        index += 1
    return named, []


def _split(registry_type: str, named: str) -> tuple[str, str | None]:
    """Return a package's name and its version, if the command pins one."""
    if "://" in named:
        try:
            return without_secrets(named)[0], None
        except ValueError:
            return named.partition("://")[0] + "://", None
    if named.startswith((".", "/", "~")):
        return PurePath(named).name, None
    if registry_type == "npm":
        at = named.rfind("@")
        return (named[:at], named[at + 1 :]) if at > 0 else (named, None)
    if registry_type == "pypi":
        name, mark, version = named.partition("==" if "==" in named else "@")
        return name.partition("[")[0].strip(), version.strip() if mark else None
    name, mark, tag = named.partition("@")
    if not mark and ":" in named.rpartition("/")[2]:
        name, _, tag = named.rpartition(":")
    return name, tag or None


def _flags(words: list[str]) -> tuple[str, ...]:
    """Return the names of the options; values and positional words may be secrets.

    A short option is cut to its letter, for `-pSECRET` is how some programs take a password.
    """
    return tuple(
        word.partition("=")[0][:64] if word.startswith("--") else word[:2]
        for word in words
        if word.startswith("-") and len(word) > 1
    )
