"""The names that servers of files get beside others, read back: what is told apart is not described."""

FILE_ENDINGS = (".json", ".jsonl", ".ndjson", ".gz", ".txt", ".toml", ".yaml", ".yml")
"""How the files end that name tools and servers."""


def name_without_place(name: str) -> str:
    """Return what `crawler.local.names_by_place` was given: a place says nothing of what is there."""
    own, _, place = name.partition(" (")
    told = place.endswith(")") and ("/" in place or place[:-1].endswith(FILE_ENDINGS))
    return own if told else name
