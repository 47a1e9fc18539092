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
    "data destroyed", "is emptied", "are emptied", "and empties it", "and empties them",
    "queue and removes them", "queue and removes it", "queue and remove them", "inbox and removes them",
    "wipes the configuration", "wipes the data",
)  # fmt: skip
PAYS = (
    *(f"and {verb} {what}" for verb in ("buy", "buys", "sell", "sells") for what in ("one", "it", "them", "the", "a", "some")),
    *(f"{verb} {what}" for verb in ("places", "place") for what in ("a purchase order", "the purchase order", "purchase orders")),
    *(f"then {verb} {what}" for verb in ("orders", "order", "buys", "buy", "pays", "pay") for what in ("what is", "the missing", "whatever", "more", "it", "them")),
    *(f"{verb} {what} amount" for verb in ("transfers", "pays", "refunds", "charges") for what in ("that", "the", "this")),
    "and refunds it", "and refund it",
)  # fmt: skip
SENDS = (
    *(f"and {verb} {what}" for verb in ("answer", "answers", "phone", "phones", "deploy", "deploys", "ship", "ships", "calibrate", "calibrates", "re calibrate", "re calibrates", "recalibrate", "recalibrates")
      for what in ("it", "them")),
    "phone number and call it", "phone number and calls it", "and reply to them", "and replies to them", "and replies to it",
    "deploys it to", "deploys them to", "ships the parcel", "ships the order", "ships the package",
)  # fmt: skip
RUNS_CODE = (
    "it is executed too",
    "is executed too",
    "is executed as well",
    "are executed as well",
    "is also executed",
    "executes it too",
)
AS_IS = tuple(
    f"{what} {is_} {run} {how}"
    for what in ("statement", "query", "sql", "script", "code", "command", "expression")
    for is_ in ("is", "gets")
    for run in ("executed", "run")
    for how in ("as is", "verbatim", "unchanged", "as given")
)
RUNS_SCRIPT = tuple(
    f"{verb} its {what}" for verb in ("run", "runs", "execute", "executes") for what in ("setup script", "install script", "installer", "setup", "build script", "entry point")
)  # fmt: skip
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
WRITES = (
    *(
        f"{lead} {verb}{ending} {what}"
        for verb in _CHANGED
        for ending in ("", "es" if verb.endswith("x") else "s")
        for lead in ("and", "and then", "then")
        for what in ("it", "them")
    ),
    "that replaces it", "which replaces it", "stored in a public bucket", "to a public bucket",
)  # fmt: skip
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
