"""Hostile text as one line that a terminal, a log or a table can take."""


def one_line(text: str, limit: int = 300) -> str:
    """Return text without control characters and line breaks, its length capped."""
    clean = "".join(c if c.isprintable() else " " for c in text[: limit * 4])
    return " ".join(clean.split())[:limit]
