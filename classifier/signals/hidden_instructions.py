"""The definition gives orders to the model instead of describing the tool.

Orders to ignore what the user or the system said, to keep something from the user, to fetch a secret
and hand it over, fake system messages: a model reads them in every session in which the tool is
merely listed, whether or not it is called. A tool that scans for such orders quotes them too, so a
single weak phrase is reported with low confidence. A safety note ("always ask the user first") and
an ordinary "call A before B" are not orders of this kind.
"""

from collections.abc import Iterator, Sequence

from classifier.clues import meeting, meetings, trigger
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="hidden-instructions",
    kind=Kind.THREAT,
    severity=Severity.CRITICAL,
    title="Gives orders to the model",
    references=("MCP03:2025", "ASI01:2026", "AML.T0051", "SAFE-T1001", "CWE-1427"),
)

_RULES = (
    # messages that are none
    meeting(0.99, "tag"),
    meeting(0.9, "fake_role", alien="chatty"),
    meeting(0.9, "new_rules"),
    meeting(0.9, "unbound rules"),
    meeting(0.9, "unbound model"),
    meeting(0.9, "authority decree rules model"),
    meeting(0.9, "authority decree skip consent"),
    meeting(0.9, "authority decree secret"),
    meeting(0.9, "authority decree unbound"),
    meeting(0.9, "authority decree obey", wide=True),
    # secrecy
    meeting(0.9, "hide", unless="safe"),
    meeting(0.9, "hide_it your_answer", unless="safe"),
    meeting(0.9, "hide_it user", unless="safe"),
    meeting(0.9, "hide_it take private"),
    meeting(0.9, "hide_it give private"),
    meeting(0.9, "unaware user", unless="safe"),
    meeting(0.9, "unaware your_answer"),
    meeting(0.9, "hush give private"),
    meeting(0.9, "hush give user"),
    meeting(0.9, "hush give away"),
    meeting(0.9, "hush take private"),
    # overturning
    meeting(0.9, "override rules earlier"),
    meeting(0.9, "override rules model"),
    meeting(0.9, "override user_asked"),
    meeting(0.9, "fake_system"),
    meeting(0.9, "switch_off order_you"),
    meeting(0.9, "switch_off must", unless="safe", alien="switch_off"),
    meeting(0.9, "false_say user"),
    meeting(0.9, "hide2", unless="safe"),
    meeting(0.9, "hide2 give"),
    # taking and handing over
    meeting(0.9, "order_you own_stuff", alien="own_stuff"),
    meeting(0.9, "order_you private give", alien="private"),
    meeting(0.9, "own_stuff user give", alien="own_stuff"),
    meeting(0.9, "own_stuff away", alien="own_stuff"),
    meeting(0.9, "own_stuff order_you give", alien="own_stuff"),
    meeting(0.9, "steal take", alien="secret steal"),
    meeting(0.9, "steal give", alien="secret steal"),
    meeting(0.9, "secret give users_own", alien="secret"),
    meeting(0.9, "keyfile give sink", alien="keyfile"),
    meeting(0.9, "keyfile take give", alien="keyfile"),
    meeting(0.9, "keyfile must give", alien="keyfile"),
    meeting(0.9, "keyfile first give", alien="keyfile"),
    meeting(0.9, "keyfile first take", alien="keyfile"),
    meeting(0.9, "keyfile sink take", alien="keyfile", wide=True),
    meeting(0.9, "keyfile out_of", alien="keyfile secret"),
    meeting(0.9, "users_own private give sink must"),
    meeting(0.9, "users_own private give sink first"),
    meeting(0.9, "users_own private sink must"),
    meeting(0.9, "users_own private give away"),
    meeting(0.9, "users_own secret give away"),
    meeting(0.9, "users_own secret must ask_user", alien="secret"),
    meeting(0.9, "users_own secret sink", alien="secret", wide=True),
    meeting(0.9, "secret ask_user sink", alien="secret"),
    meeting(0.9, "secret ask_user first", alien="secret"),
    meeting(0.9, "secret give take first", alien="secret"),
    meeting(0.9, "secret sink take give", alien="secret", wide=True),
    meeting(0.9, "model take give private"),
    meeting(0.9, "model must private give"),
    meeting(0.9, "whatever give private user"),
    meeting(0.9, "addressed give away"),
    meeting(0.9, "addressed keyfile"),
    meeting(0.9, "addressed secret"),
    meeting(0.9, "addressed override"),
    meeting(0.9, "addressed private give"),
    meeting(0.9, "addressed do_now"),
    meeting(0.9, "harm away"),
    meeting(0.9, "harm named_tool first"),
    meeting(0.9, "harm alien_tool"),
    # for later: memory, rules files, changed behaviour
    meeting(0.9, "memory_file remember must"),
    meeting(0.9, "memory_file away"),
    meeting(0.9, "memory_file give"),
    meeting(0.9, "memory_file remember hide2"),
    meeting(0.9, "from_now remember consent"),
    meeting(0.9, "from_now remember away"),
    meeting(0.9, "from_now remember model"),
    meeting(0.9, "from_now private give user"),
    meeting(0.9, "from_now model"),
    meeting(0.9, "from_now give users_own"),
    meeting(0.9, "from_now every give"),
    meeting(0.9, "from_now every must"),
    # other languages
    meeting(0.9, "hide_foreign"),
    meeting(0.9, "override_foreign"),
    meeting(0.9, "keyfile give_foreign"),
    meeting(0.9, "secret_foreign give_foreign away"),
    meeting(0.9, "secret_foreign give_foreign first"),
)
PHRASES = True
TRIGGER = trigger(_RULES)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each order, with what it weighs; a definition about such orders weighs half."""
    for text in reading.suspects.texts[SIGNAL.id]:
        for weight, quote in meetings(reading, text, _RULES):
            yield (weight * 0.4 if _is_about_orders(reading) else weight), quote


def _is_about_orders(reading: Reading) -> bool:
    return not _SUBJECT.isdisjoint(reading.near) and not reading.near.isdisjoint(_LOOKS)


_SUBJECT = frozenset(
    [
        "guardrail",
        "guardrails",
        "confusables",
        "injection",
        "injections",
        "jailbreak",
        "jailbreaks",
        "poisoning",
        "poisoned",
        "adversarial",
        "malicious",
        "exfiltration",
        "exfil",
        "threat",
        "threats",
        "vulnerability",
        "vulnerabilities",
        "leak",
        "leaks",
        "secrets",
    ]
)
_LOOKS = frozenset(
    [
        "eval",
        "evals",
        "suite",
        "block",
        "blocks",
        "filter",
        "filters",
        "scan",
        "scans",
        "detect",
        "detects",
        "check",
        "checks",
        "analyze",
        "classify",
        "find",
        "finds",
        "generate",
        "test",
        "score",
        "validate",
        "evaluate",
        "audit",
        "inspect",
    ]
)
