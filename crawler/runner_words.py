"""How a runner reads its own words: options, then what it runs, then what that is given."""

from typing import NamedTuple

from crawler.runners import (
    PIP_SWITCHES,
    PIP_VALUED,
    REGISTRY_OPTIONS,
    SHORT_REGISTRY_OPTIONS,
    Runner,
)

_CLUSTERED = frozenset("yqsdf")
"""Switches of npm that are often written together, as in `-yq`."""


class Choice(NamedTuple):
    """What the words of a runner say. Its texts are as written: they may hold secrets."""

    named: str
    command: str | None  # the program, where an option names the package
    after: list[str]
    registries: tuple[str, ...]
    added: tuple[str, ...]  # requirements beside the package
    is_local: bool  # a project, folder or file of this machine has a say
    is_doubtful: bool  # it is not sure that this is the package that is run


class _Option(NamedTuple):
    flag: str
    value: str | None
    takes_next: bool


def chosen(words: list[str], runner: Runner) -> Choice | None:
    """Read the words behind a runner's name; None where they name nothing or are not understood."""
    options: list[_Option] = []
    index, is_ended = 0, False
    while not is_ended and index < len(words) and words[index].startswith("-"):
        index += 1
        if words[index - 1] == "--":
            is_ended = True
            continue
        found = _options(words[index - 1], runner)
        if found is None:
            return None
        if found[-1].takes_next:
            if index >= len(words):
                return None
            found[-1] = found[-1]._replace(value=words[index])
            index += 1
        options += found
    packages = [one.value or "" for one in options if one.flag in runner.naming]
    rest = words[index:]
    if not packages and not rest:
        return None
    is_open = runner.reads_all and not is_ended
    later = rest[: rest.index("--")] if "--" in rest else rest
    return Choice(
        named=packages[-1] if packages else rest[0],
        command=rest[0] if packages and rest else None,
        after=rest[1:],
        registries=tuple(one for option in options for one in _registries(option, runner)),
        added=tuple(option.value or "" for option in options if option.flag in runner.adding),
        is_local=any(_is_local(option, runner) for option in options),
        # of several packages, each may bring the program; with none named, a shell is started
        is_doubtful=len(packages) > 1
        or bool(packages and not rest)
        or (is_open and any(word.startswith("-") for word in later)),
    )


def _options(word: str, runner: Runner) -> list[_Option] | None:
    """Return the options in a word, or None where one of them is not known."""
    flag, equals, value = word.partition("=")
    if flag in runner.naming or flag in runner.valued or _is_registry(flag, runner):
        return [_Option(flag, value if equals else None, not equals)]
    if flag in runner.switches:
        if equals and not flag.startswith("--") and not runner.has_clusters:
            return None  # npm takes the x of `-y=x` for the package
        return [_Option(flag, value if equals else None, takes_next=False)]
    if word.startswith("--"):
        return None
    if not runner.has_clusters:
        return [_Option(word, None, takes_next=False)] if set(word[1:]) <= _CLUSTERED else None
    return _cluster(word[1:], runner)


def _cluster(letters: str, runner: Runner) -> list[_Option] | None:
    """Part `-itvVALUE`: switches, and at the end one that may take the rest for its value."""
    found: list[_Option] = []
    for place, letter in enumerate(letters, 1):
        flag = f"-{letter}"
        if flag in runner.switches:
            found.append(_Option(flag, None, takes_next=False))
        elif flag in runner.valued or flag in runner.naming or _is_registry(flag, runner):
            rest = letters[place:].removeprefix("=")
            return [*found, _Option(flag, rest or None, not rest)]
        else:
            return None
    return found or None


def _is_registry(flag: str, runner: Runner) -> bool:
    if runner.registry_type == "oci":
        return False
    is_short = runner.registry_type == "pypi" and flag in SHORT_REGISTRY_OPTIONS
    is_scope = flag.startswith("--@") and flag.endswith(":registry")
    return is_short or is_scope or flag in REGISTRY_OPTIONS


def _registries(option: _Option, runner: Runner) -> list[str]:
    """Return the registries that an option names; an option without one names an unknown one."""
    if _is_registry(option.flag, runner):
        return (option.value or "").replace(",", " ").split() or [""]
    if option.flag == "--pip-args":
        return _of_pip((option.value or "").replace("'", " ").replace('"', " ").split())
    return []


def _of_pip(words: list[str]) -> list[str]:
    """Return the registries in what pipx hands on to pip; "" for what is not understood."""
    found: list[str] = []
    index = 0
    while index < len(words):
        flag, equals, value = words[index].partition("=")
        index += 1
        is_registry = flag in REGISTRY_OPTIONS or flag in SHORT_REGISTRY_OPTIONS
        if is_registry or flag in PIP_VALUED:
            found += [value if equals else "".join(words[index : index + 1])] if is_registry else []
            index += not equals
        elif flag not in PIP_SWITCHES:
            found.append("")
    return found


def _is_local(option: _Option, runner: Runner) -> bool:
    is_refusal = option.flag == "--yes" and option.value not in {None, "true"}
    return option.flag in runner.local or is_refusal
