"""Cedar: conditions as expressions, and questions to the real engine. Shared by two targets.

Cedar has no regular expressions; `like` with `*` says what `TextTest` says. An error in a
condition means that the policy does not apply, so under default deny nothing is let through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from classifier.condition import Condition, ConditionKind, TextTest
from classifier.enforcement.documents import engine
from classifier.enforcement.quoting import cedar, cedar_pattern
from classifier.enforcement.simulation import Verdict
from classifier.errors import PolicyError

KINDS = frozenset(ConditionKind) - {ConditionKind.READ_ONLY}
"""What can be said exactly: `like` cannot ignore case, so no SELECT."""


def text_condition(subject: str, condition: Condition) -> str:
    """Return a Cedar expression for a demand on a text; `subject` is `context.x`."""
    return " && ".join(_text_parts(subject, condition.text_test()))


def _text_parts(subject: str, test: TextTest) -> Iterator[str]:
    either = [f"{subject} == {cedar(text)}" for text in test.equals]
    either += [f"{subject} like {cedar_pattern((text, ''))}" for text in test.starts]
    either += [f"{subject} like {cedar_pattern(('', text))}" for text in test.ends]
    yield f"({' || '.join(either)})"
    for part in test.without:
        yield f"!({subject} like {cedar_pattern(('', part, ''))})"
    for part in test.not_starts:
        yield f"!({subject} like {cedar_pattern((part, ''))})"
    for part in test.not_ends:
        yield f"!({subject} like {cedar_pattern(('', part))})"
    if test.once:
        yield f"!({subject} like {cedar_pattern(('', test.once, test.once, ''))})"


def whole_number_condition(subject: str, condition: Condition) -> str:
    """Return a Cedar expression for 0 <= n <= bound; Cedar's Long has no fractions."""
    return f"{subject} >= 0 && {subject} <= {math.floor(condition.number)}"


def literal(value: object) -> Any:
    """Return a JSON value as Cedar takes it in a context; a fraction becomes a decimal."""
    if isinstance(value, float):
        if value.is_integer():
            return int(value)
        return {"__extn": {"fn": "decimal", "arg": f"{value:.4f}"}}
    if isinstance(value, dict):
        return {k: literal(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [literal(item) for item in value if item is not None]
    return value


def policies(text: str) -> Any:
    """Parse policies with the real engine.

    Raises:
        PolicyError: they do not parse, or the engine is not installed.

    """
    cedarpy = engine("cedarpy", "cedarpy")
    try:
        return cedarpy.PolicySet.from_str(text)
    except Exception as error:
        line = str(error).splitlines()[0] if str(error) else "no details"
        raise PolicyError(f"the Cedar policies do not parse: {line}") from error


def ask(parsed: Any, request: dict[str, Any]) -> Verdict:
    """Ask the real engine about one request."""
    cedarpy = engine("cedarpy", "cedarpy")
    answer = cedarpy.is_authorized(request, parsed, [])
    return Verdict.ALLOW if answer.decision == cedarpy.Decision.Allow else Verdict.DENY
