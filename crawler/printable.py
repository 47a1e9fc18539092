"""Hostile text as one line that a terminal, a log or a table can take; and numbers of things."""

from collections.abc import Iterable, Iterator


def counted(number: int, thing: str) -> str:
    """Return `1 tool`, `1,200 tools`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def unread_note(servers: int) -> str:
    """Say of how many servers a part of the list is unknown."""
    verb = "lists" if servers == 1 else "list"
    return f"{counted(servers, 'server')} {verb} tools that cannot be read: what they do is unknown"


def cut_note(servers: int) -> str:
    """Say of how many servers the list goes on where it was not read."""
    verb = "lists" if servers == 1 else "list"
    return f"{counted(servers, 'server')} {verb} more tools than were read: what they do is unknown"


def broken_off_notes(lists: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each (server, where and why its list broke off); of many, for the first few."""
    found = list(lists)
    for server, told in found[:_MOST_LISTS]:
        yield f"{one_line(server)}: {told}: what else is in it is unknown"
    if len(found) > _MOST_LISTS:
        yield f"and {counted(len(found) - _MOST_LISTS, 'more list')} broke off: what else is in them is unknown"


_MOST_LISTS = 5


def incomplete_notes(unread: int, cut: int, broken_off: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what is to be said of lists that are known in part only.

    The numbers are those of servers with entries that cannot be read, and of servers whose lists go on.
    """
    if unread:
        yield unread_note(unread)
    if cut:
        yield cut_note(cut)
    yield from broken_off_notes(broken_off)


def one_line(text: str, limit: int = 300) -> str:
    """Return text without control characters and line breaks, its length capped."""
    clean = "".join(c if c.isprintable() else " " for c in text[: limit * 4])
    return " ".join(clean.split())[:limit]


def shown(text: str) -> str:
    """Return text for a terminal: what cannot be printed is replaced, line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def in_a_line(text: str) -> str:
    """Return text that must not look like lines of ours; nothing of it is cut."""
    return shown(text).replace("\n", "\N{REPLACEMENT CHARACTER}")
