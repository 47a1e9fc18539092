"""`toolrisk policy clients --for CLIENT`: the servers of that client, by the keys it gives them.

Two clients may call different servers by one key. In the policy of one of them such a key means its
own server, so the servers of the others have no place in it.
"""

from __future__ import annotations

from crawler.records import Skipped


def of_client(words: list[str], client: str) -> tuple[list[str], list[Skipped], list[str]]:
    """Put the client's own files in the place of the target `clients`, where it has any.

    Returns the targets, what could not be read, and the other clients, which are left out. A
    policy for something that keeps no servers here, such as a gateway, is for all of them.

    Raises:
        TargetError: a word is no TARGET.

    """
    from classifier.pipeline.config.clients import read_clients

    chosen: list[str] = []
    skipped: list[Skipped] = []
    others: set[str] = set()
    for word in words:
        files, unread = read_clients(word)[:2] if _is_clients(word) else ({}, [])
        mine = [file for file, owner in files.items() if owner == client]
        chosen += mine or [word]
        if mine:
            skipped += [one for one in unread if one.subject not in mine]
            others |= set(files.values()) - {client}
    return chosen, skipped, sorted(others)


def _is_clients(word: str) -> bool:
    from classifier.pipeline.config.clients import is_clients

    return word.partition("+")[0] == "clients" and is_clients(word)
