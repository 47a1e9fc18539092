"""Hostile text as one line that a terminal, a log or a table can take; and numbers of things."""


def counted(number: int, thing: str) -> str:
    """Return `1 tool`, `1,200 tools`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def unread_note(servers: int) -> str:
    """Say of how many servers a part of the list is unknown."""
    verb = "lists" if servers == 1 else "list"
    return f"{counted(servers, 'server')} {verb} tools that cannot be read: what they do is unknown"


def one_line(text: str, limit: int = 300) -> str:
    """Return text without control characters and line breaks, its length capped."""
    clean = "".join(c if c.isprintable() else " " for c in text[: limit * 4])
    return " ".join(clean.split())[:limit]
