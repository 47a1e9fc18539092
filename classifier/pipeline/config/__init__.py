"""Findings about a client config itself, a file each: how it starts servers, what it lets through.

A module exports `RULE` and `find(name, entry, tools, file) -> Iterator[Entry]`: the server's key,
its entry as it stands (secrets included, so nothing of it is quoted but package and tool names),
and what is known of its tools, None where it was not asked.
"""
