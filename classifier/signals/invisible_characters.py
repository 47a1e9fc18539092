"""Characters that a reader does not see, or takes for others.

Unicode tags (whole sentences can be written in them), runs of zero-width characters, overrides of the
writing direction, terminal escapes, and letters of another script inside a word (a Cyrillic letter in
`delete`). Joiners inside emoji, marks that Arabic, Persian, Hebrew or Indic text needs, a byte order
mark at the start and no-break spaces are ordinary and not meant.
"""

import re  # noqa: TID251 - character classes only, linear; re2 refuses lone surrogates
import unicodedata
from collections.abc import Iterator, Sequence

from classifier.reading import Reading
from classifier.rules import Rule
from classifier.texts import Text
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="invisible-characters",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Characters that are not seen",
    references=("MCP03:2025", "AML.T0068", "SAFE-T1402", "CWE-1007", "CWE-150"),
)
_TAGS = re.compile("[\U000e0000-\U000e007f]+")
_FLAG = "\U0001f3f4"  # the black flag that regional flags begin with
_ZERO = re.compile("[\u200b-\u200f\u2060-\u2064\u180e\ufeff\u00ad]+")
_SELECTORS = re.compile("[\ufe00-\ufe0e\U000e0100-\U000e01ef]{3,}")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ESCAPED = re.compile(r"\\(?:x1b|u001b|033|e)\[[0-9;?]{0,12}[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_LOOKALIKE = frozenset("аеорсухіјѕԁһкмтвнԛԝАВЕКМНОРСТУХαοιρυνκτχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_RUN = 4
TRIGGER = (
    "[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u180e\ufeff\u00ad\ufe00-\ufe0e\x7f-\u009f\U000e0000-\U000e01ef]"
    r"|\\u00[01][0-9a-f]|\\[bf]|\\\\(?:x1b|u001b|033|e)\[|[A-Za-z][\x{370}-\x{4ff}]|[\x{370}-\x{4ff}][A-Za-z]"
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each run of unseen characters and each word of mixed scripts."""
    for text in reading.suspects.texts[SIGNAL.id]:
        yield from _unseen(text)
        yield from _mixed(text)


def _unseen(text: Text) -> Iterator[tuple[float, Evidence]]:
    value = text.value
    for found in _TAGS.finditer(value):
        if value[found.start() - 1 : found.start()] != _FLAG:
            yield 1.0, text.quote(found.start(), found.end())
    for found in _ZERO.finditer(value):
        weight = _zero_weight(text, found.start(), found.group())
        if weight:
            yield weight, text.quote(found.start(), found.end())
    for pattern, weight in ((_SELECTORS, 0.9), (_BIDI, 0.9), (_CONTROL, 0.9), (_ESCAPED, 0.9)):
        first = pattern.search(value)
        if first:
            yield weight, text.quote(first.start(), first.end())


def _zero_weight(text: Text, start: int, run: str) -> float:
    """Weigh a run of zero-width characters by its length and its neighbours."""
    value = text.value
    if len(run) >= _RUN:
        return 0.9
    if start == 0 and run == "\ufeff":
        return 0.0
    before, after = value[start - 1 : start], value[start + len(run) : start + len(run) + 1]
    if not before.isascii() or not after.isascii():
        return 0.0  # emoji, Arabic, Persian, Indic: joiners and marks belong there
    inside = before.isalnum() and after.isalnum()
    if text.pointer == "/name" or text.is_key:
        return 0.9
    return 0.5 if inside else 0.0


def _mixed(text: Text) -> Iterator[tuple[float, Evidence]]:
    value = text.value
    if value.isascii():
        return
    named = text.pointer == "/name" or text.is_key
    for found in _WORD.finditer(value):
        word = found.group()
        if word.isascii() or _LOOKALIKE.isdisjoint(word):
            continue
        scripts = {_script(c) for c in word} - {""}
        # In a name a whole word of lookalikes deceives as well; in prose words of one script are words.
        if len(scripts) > 1 and "LATIN" in scripts:
            strong = sum(not c.isascii() for c in word) <= len(word) / 2 and len(word) > _RUN - 1
            yield (0.9 if named or strong else 0.4), text.quote(found.start(), found.end())


def _script(character: str) -> str:
    name = unicodedata.name(character, "")
    return next((script for script in _SCRIPTS if name.startswith(script)), "")
