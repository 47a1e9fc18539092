"""Cedar: conditions as expressions, and questions to the real engine. Shared by two targets.

Cedar has no regular expressions; `like` with `*` says what `TextTest` says. An error in a
condition means that the policy does not apply, so under default deny nothing is let through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from classifier.condition import Condition, TextTest, number_text
from classifier.enforcement.documents import engine
from classifier.enforcement.quoting import cedar, cedar_pattern
from classifier.enforcement.simulation import Verdict
from classifier.errors import PolicyError


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


BOUND_OF_DECIMALS = 10**14
"""Cedar decimals have four places and a little more than 14 digits before them."""

TENTHOUSANDTHS = 10**4


def decimal_condition(subject: str, condition: Condition) -> str:
    """Return a Cedar expression for 0 <= n <= bound, for an n that is a decimal."""
    # Rounded down, never up: the fifth place of a bound cannot be said.
    exact = Decimal(number_text(condition.number))
    bound = exact.quantize(Decimal("0.0001"), rounding=ROUND_FLOOR)
    return (
        f'{subject}.greaterThanOrEqual(decimal("0.0")) && '
        f'{subject}.lessThanOrEqual(decimal("{bound}"))'
    )


def decimal(tenthousandths: int) -> Any:
    """Return a decimal as Cedar takes it in a context."""
    whole, places = divmod(abs(tenthousandths), TENTHOUSANDTHS)
    sign = "-" if tenthousandths < 0 else ""
    return {"__extn": {"fn": "decimal", "arg": f"{sign}{whole}.{places:04}"}}


def rounded(value: float) -> Any:
    """Return a number as a decimal, away from zero: what is over a bound stays over it."""
    if isinstance(value, float) and not math.isfinite(value):
        return value  # no value of Cedar: the engine refuses the request
    exact = abs(Fraction(str(value)) if isinstance(value, float) else Fraction(value))
    tenthousandths = math.ceil(exact * TENTHOUSANDTHS)
    return decimal(-tenthousandths if value < 0 else tenthousandths)


def literal(value: object) -> Any:
    """Return a JSON value as Cedar takes it in a context; a fraction becomes a decimal."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else rounded(value)
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
