"""Does each target do what was meant? Every tool, an unknown one, and one in another case.

The decision is asked of the real engine where there is one (cedarpy, regopy, cel-python), else of
our model of the documented order; the file is validated by the published schema, or by our own
schema of the documented grammar. Zero differences are allowed.
"""

import json
import re  # noqa: TID251  # our own keys
import shlex
import tomllib
from collections import Counter

import jsonschema
import pytest
import yaml

from classifier.enforcement.simulation import Call, Verdict, first_verdict
from classifier.intent import Profile
from classifier.policies import module_of, render, targets
from classifier.resources import data_dir
from classifier.rule import Decision

TARGETS = [target.id for target in targets()]
LARGEST_ENVOY_SERVER = 512
ENGINES = {"cedarpy": "real", "regopy": "real", "cel-python": "real", None: "model"}


def key_for(server, number):
    """A key that every target holds; the name of a server in the corpus may be anything."""
    return "s" + re.sub(r"[^a-z0-9]", "", server.lower())[:16] + str(number)


def schema_of(target_id, shared):
    published = {
        "claude-code": "claude-code-settings.json",
        "agentgateway": "agentgateway.config.schema.json",
    }
    if target_id in published:
        path = shared / "schemas" / published[target_id]
        if not path.is_file():
            pytest.skip(f"the published schema is not there: {path}")
        return json.loads(path.read_text())
    if target_id == "envoy-ai-gateway":
        path = shared / "schemas" / "mcproutes.crd.yaml"
        if not path.is_file():
            pytest.skip(f"the published schema is not there: {path}")
        crd = yaml.safe_load(path.read_text())
        versions = {v["name"]: v["schema"]["openAPIV3Schema"] for v in crd["spec"]["versions"]}
        return versions["v1beta1"]
    path = data_dir() / "policy_schemas" / f"{target_id}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def parsed(target, text):
    match target.language:
        case "json":
            return json.loads(text)
        case "yaml":
            return yaml.load(text, Loader=yaml.CSafeLoader)  # as safe_load, in C
        case "toml":
            return tomllib.loads(text)
        case "shell":
            lines = [line for line in text.splitlines() if not line.startswith("#")]
            return shlex.split(" ".join(lines).replace("\\ ", " "))
        case _:
            return None


@pytest.fixture(scope="session")
def validators(request):
    from pathlib import Path

    shared = Path(__file__).parents[3] / "shared"
    made = {}

    def validate(target, text):
        if target.id not in made:
            schema = schema_of(target.id, shared)
            if schema is None:
                made[target.id] = None
            else:
                kind = jsonschema.validators.validator_for(
                    schema, default=jsonschema.Draft202012Validator
                )
                made[target.id] = kind(schema)
        validator = made[target.id]
        if validator is not None:
            errors = [
                f"{e.json_path}: {e.message[:200]}"
                for e in validator.iter_errors(parsed(target, text))
            ]
            assert not errors, errors[:3]

    return validate


def other_case(name, names):
    """A spelling that differs only in case, if that is another name and nobody has it."""
    other = name.swapcase()
    return other if other != name and other not in names else None


def differences(target, key, intents, validate):
    """Render, validate, load, ask about everything; return what differs and what was asked."""
    output = render(target.id, key, intents)
    validate(target, output.text)
    decide = module_of(target.id).simulate(output.text)
    names = {intent.tool for intent in intents}
    wrong, counts = [], Counter()
    closed = f"server {json.dumps(key)} is refused whole" in " ".join(output.notes)
    unlisted = Verdict.DENY if closed else first_verdict(target.unlisted)
    for name in names:
        effective = output.effective[key, name]
        if target.expresses >= {"deny"}:
            meant = next(i for i in intents if i.tool == name)
            assert effective.decision.rank >= min(meant.decision.rank, Decision.DENY.rank)
        counts[effective.decision.value] += 1
        if effective.conditions:
            continue  # asked with arguments in the test of conditions
        if (got := decide(Call(server=key, tool=name))) is not first_verdict(effective.decision):
            wrong.append((name, effective.decision, got))
        other = other_case(name, names)
        if other is not None and (got := decide(Call(server=key, tool=other))) is not unlisted:
            wrong.append((other, "another case", got))
    for stranger in ("tool_that_nobody_has", "", "*", max(names) + "x"):
        got = unlisted if stranger in names else decide(Call(server=key, tool=stranger))
        if got is not unlisted:
            wrong.append((stranger, "unknown", got))
    return wrong, counts


@pytest.mark.parametrize("target_id", TARGETS)
def test_every_own_tool_is_decided_as_meant(target_id, own_tools, by_server, profile, validators):
    target = next(t for t in targets() if t.id == target_id)
    for intents in by_server(own_tools, profile).values():
        wrong, counts = differences(target, "own", intents, validators)
        assert not wrong
        assert counts.total() == 60


@pytest.mark.parametrize("target_id", TARGETS)
def test_every_corpus_tool_is_decided_as_meant(
    target_id, corpus_tools, by_server, validators, record_testsuite_property
):
    target = next(t for t in targets() if t.id == target_id)
    wrong, counts = [], Counter()
    servers = by_server(corpus_tools, Profile.RECOMMENDED)
    for number, (server, intents) in enumerate(servers.items()):
        assert len(intents) <= LARGEST_ENVOY_SERVER
        differing, counted = differences(target, key_for(server, number), intents, validators)
        wrong += differing
        counts += counted
    print(
        f"\n| {target_id} | {counts.total()} tools of {len(servers)} servers"
        f" | allow {counts['allow']} limit {counts['limit']} ask {counts['ask']}"
        f" deny {counts['deny'] + counts['hide']}"
        f" | {ENGINES[target.checked_by]}: {target.checked_by or 'documented order'}"
        f" | differences {len(wrong)} |"
    )
    assert wrong == []


@pytest.fixture(scope="module")
def classified_corpus(corpus_tools):
    """A quarter of these tools as our own classifier judges them, with the strictest profile's bounds."""
    from classifier.engine import Options, classify_many

    given = [tool for tool, _ in corpus_tools[::4]]
    return list(zip(given, classify_many(iter(given), Options()), strict=True))


@pytest.mark.parametrize("target_id", TARGETS)
def test_what_the_classifier_says_is_decided_as_meant(
    target_id, classified_corpus, by_server, validators
):
    target = next(t for t in targets() if t.id == target_id)
    servers = by_server(classified_corpus, Profile.STRICT)
    wrong = []
    for number, (server, intents) in enumerate(servers.items()):
        wrong += differences(target, key_for(server, number), intents, validators)[0]
    assert wrong == []


@pytest.mark.parametrize("target_id", [t.id for t in targets() if t.whole_set])
def test_servers_in_one_file_keep_apart(target_id, by_server, classify, make_tool, validators):
    """The same tool name in two servers, one to allow and one to refuse."""
    from classifier.verdict import Category, Risk

    pairs = [
        (make_tool("same", "first"), classify(Category.READ, Risk.LOW)),
        (make_tool("same", "second"), classify(Category.WRITE, Risk.CRITICAL)),
    ]
    servers = by_server(pairs, Profile.RECOMMENDED)
    target = next(t for t in targets() if t.id == target_id)
    output = render(target_id, None, [i for given in servers.values() for i in given])
    validators(target, output.text)
    decide = module_of(target_id).simulate(output.text)
    for server in ("first", "second", "third"):
        effective = output.effective.get((server, "same"))
        wanted = first_verdict(effective.decision if effective else target.unlisted)
        assert decide(Call(server=server, tool="same")) is wanted
