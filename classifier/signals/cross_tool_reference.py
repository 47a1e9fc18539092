"""The definition steers other tools, or wants to stand before all of them.

"When send_email is present, change its recipient", "call this before any other tool of any server":
such a tool acts through tools that it does not own, even if it is never called. Naming a sibling
("search first, then get") is how honest servers explain themselves and is not meant; a login that
must come first on its own server is reported with low confidence at most.
"""

from collections.abc import Iterator, Sequence

from classifier.clues import meeting, meetings, trigger
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="cross-tool-reference",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Steers other tools",
    references=("MCP03:2025", "ASI02:2026", "SAFE-T1301", "AML.T0053"),
)
_RULES = (
    # before everything, or in every turn
    meeting(0.9, "each_turn first must model"),
    meeting(0.9, "each_turn other_tools first"),
    meeting(0.9, "this_tool each_turn must"),
    meeting(0.9, "whatever each_turn first"),
    meeting(0.9, "whatever each_turn give"),
    meeting(0.9, "listed must"),
    meeting(0.9, "listed first model"),
    meeting(0.9, "listed every"),
    meeting(0.9, "all_servers gate must"),
    meeting(0.9, "all_servers gate first"),
    meeting(0.9, "all_servers first must"),
    meeting(0.5, "gate other_tools first"),
    meeting(0.9, "other_tools verbatim first must"),
    # through tools of others
    meeting(0.9, "all_servers instead give"),
    meeting(0.9, "all_servers secret give"),
    meeting(0.9, "its_params alien_tool instead"),
    meeting(0.9, "its_params alien_tool must"),
    meeting(0.9, "literal_target alien_tool give"),
    meeting(0.9, "literal_target instead"),
    meeting(0.9, "literal_target order_you"),
    meeting(0.9, "order_you alien_tool private"),
    meeting(0.9, "order_you alien_tool own_stuff"),
    meeting(0.9, "literal_target alien_tool first"),
    meeting(0.9, "literal_target named_tool instead"),
    meeting(0.9, "literal_target other_tools first"),
    meeting(0.9, "literal_target private give named_tool"),
    meeting(0.9, "each_turn alien_tool give instead"),
    meeting(0.9, "each_turn alien_tool give must"),
    meeting(0.9, "each_turn alien_tool out_of"),
    meeting(0.9, "ours named_tool instead", wide=True),
    meeting(0.9, "ours other_tools instead", wide=True),
)
PHRASES = True
TRIGGER = trigger(_RULES)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each sentence in which the clues meet, with what it weighs."""
    for text in reading.suspects.texts[SIGNAL.id]:
        yield from meetings(reading, text, _RULES)
