"""What a call that is told as reading does in passing: "Expired sessions are terminated and their data destroyed".

Said in a sentence or clause of its own, in words that the rules of `classifier/effects.py` from which the model
learned do not have. Of the 24,545 definitions with a label that servers have, none that only reads has any of them.
"""

_BE = ("are", "gets", "get", "will be", "is")
_GONE = ("destroyed", "purged", "wiped", "erased", "permanently deleted", "permanently removed")
DELETES = (
    *(f"{be} {gone}" for be in _BE for gone in _GONE),
    *(f"{be} {gone}" for be in _BE[:4] for gone in ("deleted", "removed permanently")),
    *(f"and {verb} {what}" for verb in ("delete", "deletes", "purge", "purges", "erase", "erases", "wipe", "wipes")
      for what in ("the", "them", "it", "all", "old", "any")),
    *(f"is deleted {when}" for when in ("afterwards", "then", "after this", "after it", "once it", "once read")),
    "data destroyed",
)  # fmt: skip
PAYS = tuple(
    f"and {verb} {what}"
    for verb in ("buy", "buys", "sell", "sells")
    for what in ("one", "it", "them", "the", "a", "some")
)
STOPS = (
    *(f"and {verb} {what} down" for verb in ("shut", "shuts") for what in ("it", "them")),
    *(f"and {verb} {what}" for verb in ("terminate", "terminates", "kill", "kills", "reboot", "reboots",
                                           "restart", "restarts")
      for what in ("it", "them", "the", "all", "any")),
    *(f"{be} {ended}" for be in ("are", "gets", "get", "will be") for ended in ("terminated", "banned", "suspended")),
)  # fmt: skip
_CHANGED = (
    "merge",
    "tag",
    "mark",
    "move",
    "archive",
    "rename",
    "fix",
    "correct",
    "label",
    "assign",
    "flag",
    "star",
    "replace",
    "add",
)
WRITES = tuple(
    f"{lead} {verb}{ending} {what}"
    for verb in _CHANGED
    for ending in ("", "es" if verb.endswith("x") else "s")
    for lead in ("and", "and then", "then")
    for what in ("it", "them")
)
_ENDED = (
    "deleted",
    "destroyed",
    "purged",
    "wiped",
    "erased",
    "removed",
    "terminated",
    "banned",
    "suspended",
    "permanently",
)
_SPOKEN = (
    *(f"{one} {be}" for one in ("that", "which", "who", "what", "whether", "whose") for be in ("are", "is", "will be", "get", "gets")),
    *(f"{when} {who} {be}" for when in ("if", "when", "once", "until", "before", "after", "whether")
      for who in ("it", "they", "any") for be in ("is", "are", "get", "gets", "was", "were")),
    *(f"no {thing} is" for thing in ("component", "record", "item", "file")),
)  # fmt: skip
SPOKEN_OF = (
    *(f"{one} {ended}" for one in _SPOKEN for ended in _ENDED),
    "would be", "to be", "nothing is", "reading only", "how many", "no data is", "never", "not", "without", "cannot",
    "don t", "doesn t", "buy and sell",
)  # fmt: skip
"""What is said where something deleted is only spoken of."""
