"""Hostile text as one line that a terminal, a log or a table can take; and numbers of things."""

from collections.abc import Iterator, Mapping


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


def incomplete_notes(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield what a catalogue's counts say of lists that are known in part only."""
    if counts["unread_servers"]:
        yield unread_note(counts["unread_servers"])
    if counts["cut_servers"]:
        yield cut_note(counts["cut_servers"])


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
