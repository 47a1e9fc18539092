"""Two or three plain sentences made from the findings, never from a category's template."""

from classifier import decide
from classifier.mentions import Kind, Mention, mention
from classifier.quoted import QUOTE, colon_quoted, in_marks, plain
from classifier.reading import Reading
from classifier.telling import sentence_of, telling
from classifier.verdict import Category, Evidence, Finding, Risk
from classifier.verdict import Kind as Sort

_DOES = {
    Category.READ: "returns information and, as far as the definition says, changes nothing",
    Category.WRITE: "changes data in the store that it works on",
    Category.EXECUTE: "sets something in motion beyond stored data",
    Category.OTHER: "only works on what it is given, or serves its own session",
}
_RUNS = "runs what the caller supplies"
_REMOVES = "deletes or overwrites what is kept"
_SAVES = "saves what it gets or makes at a place that the caller names"
_KEEPS = "saves or changes something that is kept"
_BY_VERB = {
    Category.EXECUTE: {
        "@exec-send": "sends something out",
        "@exec-gen": "has something produced or answered elsewhere",
        "@exec-stop": "stops, holds up or resizes something that runs",
        "@exec-ui": "operates a page, a screen or a device",
        "@exec-device": "operates a player or a device",
    },
    Category.OTHER: {
        "@other-compute": "only works on what it is given",
        "@other-think": "only works on what it is given",
        "@other-meta": "only serves its own session, or tells of its own server",
    },
}
"""The same where the acting verb says more."""
_ACTING = {
    Category.EXECUTE: {*_BY_VERB[Category.EXECUTE], "@exec-run", "@exec-connect", "@exec-trade"},
    Category.OTHER: {*_BY_VERB[Category.OTHER]},
}
_CHANGING_VERBS = frozenset(
    [
        *("@write-create", "@write-delete", "@write-mark", "@write-save", "@write-undo"),
        "@write-update",
    ]
)
_SHORT = {
    Category.READ: "returns information",
    Category.WRITE: "changes something that is kept",
    Category.EXECUTE: "sets something in motion",
    Category.OTHER: _DOES[Category.OTHER],
}
"""The same where hardly anything is said: then nothing is claimed of what the definition says."""
_TAKEN = {
    Category.READ: "is taken to return information only",
    Category.OTHER: "is taken to work only on what it is given, or on its own session",
}
"""What a call does, where words or signals of the definition speak against it."""
_NOT = {
    Category.WRITE: "What it changes is something kept, and it starts nothing, so it is Write rather than Execute.",
    Category.EXECUTE: "The effect goes beyond storing data, so it is Execute rather than Write.",
    Category.OTHER: "No data beyond that is read or changed, so it is not Read or Write.",
}
_NOT_RIVAL = {
    (
        Category.READ,
        Category.OTHER,
    ): "It looks something up and does not only work on what it is given, so it is Read rather than Other.",
    (
        Category.READ,
        Category.EXECUTE,
    ): "It is asked for what comes back, not for an effect, so it is Read rather than Execute.",
    (
        Category.WRITE,
        Category.READ,
    ): "Something is different after the call, so it is Write rather than Read.",
    (
        Category.WRITE,
        Category.OTHER,
    ): "What it changes is kept beyond its own session, so it is Write rather than Other.",
    (
        Category.EXECUTE,
        Category.READ,
    ): "It does more than look something up, so it is Execute rather than Read.",
    (
        Category.EXECUTE,
        Category.OTHER,
    ): "Its effect reaches beyond its own session, so it is Execute rather than Other.",
    (
        Category.OTHER,
        Category.EXECUTE,
    ): "Nothing outside its own session is set in motion, so it is Other rather than Execute.",
}
"""Why it is not the category that comes second, where that one is near; the usual rival stands in `_NOT`."""
_CALLERS = "What is run is up to the caller, so it is Execute rather than Write."
_OWN = "What it works with counts as given to it or as its own, so it is not Read or Write."
_BOTH = "Stored data is what it changes first, so it is Write rather than Execute."
_DISAGREE = "Signals and category do not go together here, so a person should look."
_READ_BY_PEOPLE = "People have read it, and call it {}."
_OUTWARD = frozenset({"external-side-effect", "financial", "code-execution"})
"""Signals of an effect that does not stay inside stored data."""
_PRIVATE = frozenset({"sensitive-data", "credentials"})
_FOR_GOOD = frozenset({"destructive", "financial", "code-execution", "admin", "credentials"})
_DATA = frozenset({"sensitive-data", "untrusted-content"})
"""Signals of data that a call brings from somewhere."""
_ENDS = {
    "destructive": "what it ends, removes or overwrites cannot be brought back with the same tools"
}
"""Of a call that does not work on stored data alone."""
_EFFECT = {
    "destructive": "what it removes or overwrites cannot be brought back with the same tools",
    "financial": "it moves or commits money or assets",
    "code-execution": "it runs what the caller supplies",
    "external-side-effect": "its effect reaches people, systems or devices outside its own store",
    "bulk-operation": "one call covers many targets",
    "sensitive-data": "it gives access to private or confidential data",
    "credentials": "it handles a secret",
    "untrusted-content": "it brings text written by outsiders before the model",
    "admin": "it changes who may do what or how the system is set up",
}
_REACHES = {
    "url-parameter": "the caller chooses the address that it goes to",
    "path-parameter": "the caller chooses the path that it works on",
}
_REACHES_BOTH = "the caller chooses the address and the path that it works on"
"""What raises the risk of a call that only reads."""
_BOUND = {
    Category.READ: "nothing found says that what it returns is private",
    Category.OTHER: "nothing found says that it changes what is kept",
    Category.WRITE: "nothing found says that it cannot be undone",
    Category.EXECUTE: "nothing found says that it cannot be undone",
}
"""What bounds the level of a category where something was found that does not raise it."""
_UNBOUND = {
    Category.READ: _PRIVATE,
    Category.OTHER: _PRIVATE,
    Category.WRITE: _FOR_GOOD,
    Category.EXECUTE: _FOR_GOOD,
}
"""Signals beside which that cannot be said."""
_USUAL = {Category.READ: Risk.LOW, Category.OTHER: Risk.LOW, Category.WRITE: Risk.MEDIUM, Category.EXECUTE: Risk.MEDIUM}  # fmt: skip
"""The level of a category without any signal: what is found there raised nothing."""
_MUCH = 10
"""Points of the wording as a whole from which it is told of."""
_LEVEL = {
    Risk.LOW: "Nothing found raises the risk above low.",
    Risk.MEDIUM: "Risk is medium: the harm of one call is limited and can mostly be undone.",
    Risk.HIGH: "Risk is high: one call can have an irreversible or outward effect of limited reach.",
    Risk.CRITICAL: "Risk is critical: one call can do severe harm that is hard to undo.",
}
_LEVEL_UNCHANGED = _LEVEL | {
    Risk.MEDIUM: "Risk is medium: the harm of one call is limited.",
    Risk.HIGH: "Risk is high: one call can do lasting harm of limited reach.",
}
"""The same for a call that changes nothing, where there is nothing to undo."""
_NOT_UNDERSTOOD = (
    "The description is mostly in words that are not known here, so its text could not be understood. {}; what it"
    " says may mean more, so a person who knows its language should look."
)
_BY_NAME = "By its name a call {}"
_GUESSED = "What a call does is not known, and {} is a guess by the few words that are"
_HELD = 'Risk is held at {}, because "{}" mostly means more than this: a person should look.'
_HOSTILE = "the definition itself looks hostile"
_MAYBE = " Something in it may be hostile: a person should look."
_MOST = 3


def write(  # noqa: PLR0913 - a verdict, and what is known of its grounds
    reading: Reading,
    category: Category,
    risk: Risk,
    findings: tuple[Finding, ...],
    *,
    insufficient: bool,
    reviewed: bool,
    unfamiliar: bool = False,
    against: str = "",
    rival: Category | None = None,
    wording: int = 0,
    unknown: str = "",
    also: Evidence | None = None,
) -> str:
    """Say what a call does, why this category, and what raises or bounds the risk.

    `against` are words of a rule that holds the level up and speaks of another category, `rival` is the
    category that comes near, `wording` the points that the wording as a whole adds or takes, and `unknown`
    what is not known, where the level stands for that alone. `also` are words by which a call does more
    than the rest of the definition says, where the category goes by them.
    """
    named = mention(reading) if category is Category.READ else Mention(Kind.NONE)
    found = {finding.signal.id for finding in findings}
    doubted = decide.disagrees(category, found)
    unsure = doubted and not reviewed
    does = _TAKEN[category] if doubted or named.kind in _SPOKEN else _does(reading, category, found)
    reasons = _reasons(findings, category, doubted=unsure)
    if unfamiliar:
        what = _not_understood(reading, category, does)
        return f"{what} {_unknown(risk, reasons, unsure=unsure)}"
    later = sentence_of(reading, also) if also else None
    teller = later or _telling(reading, does, findings)
    start = _start(reading, category, does, insufficient=insufficient, told=teller)
    by_verb = named.kind in _SPOKEN
    if reviewed and (doubted or by_verb):
        why = _READ_BY_PEOPLE.format(category.value)
    elif doubted:
        why = _DISAGREE
    elif reviewed:
        why = f"{_READ_BY_PEOPLE.format(category.value)} {_why(category, found, named, rival)}"
    elif not _description(reading):
        why = f"So it is taken for {category.value}."
    else:
        why = _why(category, found, named, rival)
    usual = risk is _USUAL[category]
    maybe = _MAYBE if _is_suspected(findings, reviewed=reviewed) else ""
    if reasons:
        bound = "" if found & _UNBOUND[category] or not usual or doubted else _BOUND[category]
        level = _risk(risk, reasons, unsure=unsure, usual=usual, wording=wording, bound=bound)
        return f"{start} {why} {level}{maybe}"
    if against:
        return f"{start} {why} {_HELD.format(risk.value, against)}"
    if unknown:
        return f"{start} {why} Risk is {risk.value}, because {unknown} is never low."
    levels = _LEVEL_UNCHANGED if category in _TAKEN else _LEVEL
    told = _BY_WORDING if wording >= _MUCH and not usual else ""
    return f"{start} {why} {levels[risk]}{told}{maybe}"


_SPOKEN = frozenset({Kind.HEAD, Kind.NAMED, Kind.SAVES})
"""What is owned up to: a Read whose definition names a change."""


def _does(reading: Reading, category: Category, found: set[str]) -> str:
    """Say what a call does, as nearly as its signals, its verb and its parameters do."""
    if category is Category.EXECUTE and "code-execution" in found:
        return _RUNS
    if category is Category.WRITE and "destructive" in found:
        return _REMOVES
    if category is Category.WRITE and _CHANGING_VERBS.isdisjoint(reading.acts):
        return _SAVES if mention(reading).kind is Kind.SAVES else _KEEPS
    if category is Category.EXECUTE and "financial" in found:
        return _DOES[category]
    by_verb = _BY_VERB.get(category)
    first = reading.head_verb if reading.head_at == 0 else None
    # A name may begin with what the server is called by: `zoom_start`, `chat_post_message`.
    verb = first if first and first[1] in _ACTING.get(category, ()) else reading.name_verb or first
    return by_verb.get(verb[1], _DOES[category]) if by_verb and verb else _DOES[category]


def _is_suspected(findings: tuple[Finding, ...], *, reviewed: bool) -> bool:
    """Say whether something may be hostile, nothing surely is, and nobody has looked."""
    threats = [one for one in findings if one.signal.kind is Sort.THREAT]
    return bool(threats) and not reviewed and not any(one.is_threat for one in threats)


def _description(reading: Reading) -> str:
    return (reading.tool.description or "").strip()


def _deciding(does: str, findings: tuple[Finding, ...]) -> Finding | None:
    """Return the finding by which a call is said to do what it does, where it is one."""
    signal = {_REMOVES: "destructive", _RUNS: "code-execution"}.get(does)
    return next((finding for finding in findings if finding.signal.id == signal), None)


def _telling(reading: Reading, does: str, findings: tuple[Finding, ...]) -> Evidence | None:
    by = _deciding(does, findings)
    return telling(reading, by) if by else None


def _start(
    reading: Reading, category: Category, does: str, *, insufficient: bool, told: Evidence | None
) -> str:
    """Say what a call does, and by what; of little that is said, little is claimed."""
    if _description(reading) and not insufficient:
        if told and told.pointer != "/description":
            where = "listed in its schema" if told.end else "a parameter"
            return f"A call {does}, by {in_marks(plain(told.text[:QUOTE]))}, {where}."
        return f"A call {does}{colon_quoted(told.text if told else reading.told)}."
    named = "name and parameters" if reading.parameters else "name"
    claims = does is _DOES[category] or (insufficient and does is not _TAKEN.get(category))
    short = _SHORT[category] if claims else does
    if not _description(reading) and not reading.parameters and not any(map(_says, reading.core)):
        return (
            f"There is no description, and its name says nothing: that a call {short} is a guess."
        )
    if not _description(reading):
        return f"There is no description; by its {named} a call {short}."
    return f"The definition says too little to be sure; by its {named} a call {short}."


def _says(word: str) -> bool:
    """Say whether a word of a name may say something."""
    return not word.isdigit() and (len(word) > _MUTE or not word.isascii())


_MUTE = 1
_BY_WORDING = " No signal alone says so; the wording as a whole does."


def _why(category: Category, found: set[str], named: Mention, rival: Category | None) -> str:
    """Say why it is this category and not its neighbour, without denying a signal."""
    if category is Category.EXECUTE and "code-execution" in found:
        return _CALLERS
    owned = category is Category.READ and named.kind in _SPOKEN
    if rival and not owned and (told := _NOT_RIVAL.get((category, rival))):
        return told
    if category is Category.READ:
        return _only_reads(named)
    if category is Category.WRITE and not found.isdisjoint(_OUTWARD):
        return _BOTH
    own = category is Category.OTHER and not found.isdisjoint(_DATA)
    return _OWN if own else _NOT[category]


def _not_understood(reading: Reading, category: Category, does: str) -> str:
    """Say that a text could not be understood, and what its label goes by: a verb of the name, or a guess."""
    if reading.name_verb is None:
        return _NOT_UNDERSTOOD.format(_GUESSED.format(category.value))
    return _NOT_UNDERSTOOD.format(
        _BY_NAME.format(_SHORT[category] if does is _DOES[category] else does)
    )


def _unknown(risk: Risk, reasons: list[str], *, unsure: bool = False) -> str:
    """Give the level of what is not understood."""
    if reasons:
        return _risk(risk, reasons, unsure=unsure)
    return f"Risk is {risk.value}, because what is not understood is never low."


def _only_reads(named: Mention) -> str:
    """Say why a call is no change, without denying a verb that stands in the definition."""
    if named.kind is Kind.HEAD:
        return f'It begins with "{named.word}", which is taken for a way of looking something up, so it is Read.'
    if named.kind is Kind.NAMED:
        other = "Execute" if named.acts else "Write"
        return f'What it says with "{named.word}" is not taken for what a call does, so it is not {other}.'
    if named.kind is Kind.SAVES:
        return f'That it takes "{named.word}" is not taken to mean that it saves something, so it is not Write.'
    if named.kind is Kind.NONE:
        return "No word of the definition names a change, so it is not Write."
    return "None of its words is taken to mean that a call changes something, so it is not Write."


def _reasons(findings: tuple[Finding, ...], category: Category, *, doubted: bool) -> list[str]:
    """Return what raises the risk, the weightiest first; where all are doubted it is said once."""
    effects = _EFFECT | (_REACHES if category is Category.READ else _BESIDE.get(category, {}))
    hostile = [_HOSTILE] if any(finding.is_threat for finding in findings) else []
    telling = [finding for finding in findings if finding.signal.id in effects]
    telling.sort(key=decide.points, reverse=True)
    told = [
        effects[finding.signal.id] if doubted else _hedged(effects[finding.signal.id], finding)
        for finding in telling
    ]
    if set(told) >= set(_REACHES.values()):
        told = [one for one in told if one not in _REACHES.values()] + [_REACHES_BOTH]
    return (hostile + told)[:_MOST]


def _hedged(effect: str, finding: Finding) -> str:
    """Say of what is less likely than not that it is so perhaps: it is shown, and is no fact."""
    return f"perhaps {effect}" if finding.confidence < _LIKELIER else effect


_LIKELIER = 0.5
_BESIDE = {Category.EXECUTE: _ENDS}


def _risk(  # noqa: PLR0913 - a level, and what stands for and against it
    risk: Risk, reasons: list[str], *, unsure: bool = False, usual: bool = False, wording: int = 0,
    bound: str = "",
) -> str:  # fmt: skip
    """Give the level with its reasons; what did not raise it is not given as a reason for it."""
    if unsure:
        return f"Risk is {risk.value}; if the signals are right, {_join(reasons)}."
    if usual or risk is Risk.LOW:
        return f"Risk stays {risk.value} although {_join(reasons)}{': ' if bound else ''}{bound}."
    if wording <= -_MUCH:
        return f"Risk is no more than {risk.value} by the wording as a whole, although {_join(reasons)}."
    if wording >= _MUCH:
        return f"Risk is {risk.value}, by the wording as a whole, and because {_join(reasons)}."
    return f"Risk is {risk.value}: {_join(reasons)}."


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + ", and " + parts[-1]
