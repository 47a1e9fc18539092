"""Arguments that a call may leave out: a copy need not be sent, and none goes out of bounds.

Asked of the real engines of the targets that can say it; the others require the argument, and the
report says so.
"""

from dataclasses import replace

import pytest

from classifier.condition import Condition, ConditionKind
from classifier.enforcement.check import check
from classifier.enforcement.simulation import Call, Verdict
from classifier.errors import DataError
from classifier.intent import Decision, Intent, Overrides, decide_intent, effect
from classifier.policies import module_of, render, target, targets
from classifier.policy_table import read_overrides
from classifier.verdict import Category, Risk

TEXT = {"type": "string"}
LIST = {"type": "array", "items": TEXT}
IN, OUT = "a@example.com", "a@evil.test"
DOMAIN = ConditionKind.DOMAIN_IN
ABLE = [t.id for t in targets() if t.condition_optional]
UNABLE = [t.id for t in targets() if t.condition_kinds and not t.condition_optional]


@pytest.fixture
def recipients(make_tool, classify):
    """Return the conditions of a bound on recipients: path to whether it may be left out."""

    def find(schema):
        tool = replace(make_tool("send"), input_schema=schema)
        verdict = classify(Category.EXECUTE, Risk.HIGH, "external-side-effect")
        mine = Overrides(bounds={"recipient": ("example.com",)})
        intent = decide_intent(tool, verdict, overrides=mine)
        return {".".join(c.argument): c.optional for c in intent.conditions}

    return find


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (
            {"properties": {"to": TEXT, "cc": TEXT, "bcc": LIST}, "required": ["to"]},
            {"to": False, "cc": True, "bcc": True},
        ),
        ({"properties": {"to": TEXT, "cc": TEXT}}, {"to": False, "cc": False}),
        ({"properties": {"to": TEXT, "cc": TEXT}, "required": 7}, {"to": False, "cc": False}),
        (
            {
                "required": ["mail"],
                "properties": {
                    "mail": {"properties": {"to": TEXT, "cc": TEXT}, "required": ["to"]},
                    "reply": {"properties": {"to": TEXT}, "required": ["to"]},
                },
            },
            {"mail.to": False, "mail.cc": True, "reply.to": True},
        ),
        (
            {"anyOf": [{"properties": {"to": TEXT}, "required": ["to"]}, {"properties": {"cc": TEXT}}]},
            {"to": False, "cc": False},
        ),
        (
            {
                "properties": {"cc": TEXT, "people": {"items": {"properties": {"to": TEXT}, "required": ["to"]}}},
                "required": ["people"],
            },
            {"cc": False, "people.*.to": False},
        ),
    ],
)  # fmt: skip
def test_what_may_be_left_out_is_a_copy_beside_a_required_recipient(recipients, schema, found):
    assert recipients(schema) == found


def test_a_path_that_may_be_left_out_is_required(make_tool, classify):
    """The server's own default would stand in for it, and nobody knows where that is."""
    schema = {"properties": {"path": TEXT, "directory": TEXT}, "required": ["path"]}
    tool = replace(make_tool("list"), input_schema=schema)
    verdict = classify(Category.READ, Risk.LOW, "path-parameter")
    intent = decide_intent(tool, verdict, overrides=Overrides(bounds={"path": ("/srv",)}))
    assert [c.optional for c in intent.conditions] == [False, False]


def bounded():
    return Intent(
        server="srv",
        tool="send",
        decision=Decision.ALLOW,
        conditions=(
            Condition(("to",), DOMAIN, ("example.com",)),
            Condition(("cc",), DOMAIN, ("example.com",), optional=True),
            Condition(("more", "bcc"), DOMAIN, ("example.com",), each=True, optional=True),
        ),
        input_schema={"properties": {"to": TEXT, "cc": TEXT}},
        reason="a test",
    )


@pytest.mark.parametrize("target_id", ABLE)
@pytest.mark.parametrize(
    ("more", "passes"),
    [
        ({}, True),
        ({"cc": IN}, True),
        ({"cc": OUT}, False),
        ({"cc": None}, False),
        ({"cc": False}, False),
        ({"cc": [IN]}, False),
        ({"more": {}}, True),
        ({"more": {"subject": "x"}}, True),
        ({"more": {"bcc": [IN, IN]}}, True),
        ({"more": {"bcc": [IN, OUT]}}, False),
        ({"more": {"bcc": {IN: OUT}}}, False),
        ({"more": "bcc"}, False),
        ({"more": None}, False),
        ({"cc": IN, "more": {"bcc": [OUT]}}, False),
    ],
)
def test_left_out_passes_and_out_of_bounds_does_not(target_id, more, passes):
    intent, arguments = bounded(), {"to": IN, **more}
    assert all(c.holds(arguments) for c in intent.conditions) is passes
    output = render(target_id, "srv", [intent])
    assert output.effective["srv", "send"].conditions == intent.conditions
    decide = module_of(target_id).simulate(output.text)
    got = decide(Call(server="srv", tool="send", arguments=arguments))
    assert got is (Verdict.ALLOW if passes else Verdict.DENY)
    assert decide(Call(server="srv", tool="send", arguments=more)) is Verdict.DENY


@pytest.mark.parametrize("target_id", UNABLE)
def test_where_it_cannot_be_said_the_argument_is_required_aloud(target_id):
    whole = bounded()
    intent = replace(whole, conditions=whole.conditions[:2])
    output = render(target_id, "srv", [intent])
    assert any(
        "optional arguments with a bound became required" in line for line in output.approximations
    )
    decide = module_of(target_id).simulate(output.text)
    for arguments, wanted in (
        ({"to": IN, "cc": IN}, Verdict.ALLOW),
        ({"to": IN, "cc": OUT}, Verdict.DENY),
        ({"to": IN}, Verdict.DENY),
    ):
        assert decide(Call(server="srv", tool="send", arguments=arguments)) is wanted


@pytest.mark.parametrize("target_id", ABLE)
def test_check_takes_an_optional_argument_for_what_it_is(target_id):
    intent, module = bounded(), module_of(target_id)
    ours = render(target_id, "srv", [intent]).text
    assert list(check(target(target_id), module, ours, {"srv": [intent]})) == []
    less = replace(intent, conditions=intent.conditions[:1])
    free = render(target_id, "srv", [less]).text
    found = [f.text for f in check(target(target_id), module, free, {"srv": [intent]})]
    assert len(found) == len(intent.conditions) - 1
    assert all("where it is given" in line for line in found)


def test_a_user_says_of_a_condition_that_it_is_optional(tmp_path):
    path = tmp_path / "policy.toml"
    text = "[tools]\nsend = {{conditions = [{{argument = '{}', domains = ['a.test'], optional = {}}}]}}\n"
    path.write_text(text.format("m.cc", "true"), encoding="utf-8")
    (condition,) = read_overrides(path).tools["", "send"].conditions
    assert condition == Condition(("m", "cc"), DOMAIN, ("a.test",), optional=True)
    intent = replace(bounded(), conditions=(condition,))
    assert "only if m.cc, where it is given, is one address at a.test" in effect(intent)
    for argument, value in (("cc", "'no'"), ("cc", "1"), ("m..cc", "true"), (".cc", "true")):
        path.write_text(text.format(argument, value), encoding="utf-8")
        with pytest.raises(DataError, match="condition"):
            read_overrides(path)
