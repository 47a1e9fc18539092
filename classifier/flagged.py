"""What a flag makes of a call that is told as reading: "Shows a mail. Set send to true to send it".

The most consequential effect that a definition plainly allows counts (the labelling guide), by default or not.
"""


def _set(*verbs: str) -> tuple[str, ...]:
    return tuple(f"{verb} {how}" for verb in verbs for how in ("to true", "true", "is true"))


SENDS = _set("send", "deploy", "publish", "submit", "execute")
PAYS = _set("refund", "pay", "transfer", "charge", "buy")
DELETES = _set("delete", "clear", "purge", "wipe", "erase")
