"""Which parameters of a tool a bound is about: those that a signal points to, and those by name.

Nested objects are looked into, through references and combinators of the schema too. A parameter
that a bound is meant for and that no policy language reaches (inside the items of a list) is kept
with `*` in its path: no target can say it, so the tool gets the stricter rule instead of a policy
that looks bounded and is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from classifier.parameters import escape
from classifier.policy_table import ArgumentFamily
from classifier.verdict import Classification, Kind

UNREACHABLE = "*"
DEEPEST = 8
"""Objects within each other; what lies deeper is out of reach."""
MOST_SCHEMAS = 4_000
MOST_PLACES = 20_000
"""Schemas within a schema, and places of parameters, that are looked at: references multiply them.
What is beyond is out of reach."""

_SAME_VALUE = ("allOf", "anyOf", "oneOf")
_ITEMS = ("items", "prefixItems", "contains", "additionalItems", "unevaluatedItems")
_OTHER_KEYS = ("additionalProperties", "patternProperties", "unevaluatedProperties")
_NESTING = ("properties", "$ref", *_SAME_VALUE, *_ITEMS, *_OTHER_KEYS, "if", "then", "else")


class Argument(NamedTuple):
    """The path of keys to an argument, and whether it is a list of such values.

    With `optional`, it or what it is within need not be given.
    """

    path: tuple[str, ...]
    each: bool
    optional: bool = False


class _Place(NamedTuple):
    """A part of a schema: where it stands, and which value of a call it is about."""

    schema: Any
    pointer: str
    path: tuple[str, ...]
    above: frozenset[int] = frozenset()
    alternative: bool = False  # of several schemas for the value: another may require more
    optional: bool = False


class _Found(NamedTuple):
    argument: Argument
    name: str
    pointer: str


def arguments_of(
    schema: object, family: ArgumentFamily, classification: Classification
) -> tuple[Argument, ...]:
    """Return the arguments that a family of bounds is about, each once, in a fixed order."""
    pointers = dict.fromkeys(_pointers(family, classification))
    everywhere = list(_walk(schema))
    found = [f for f in everywhere if f.pointer in pointers or _is_named(f, family)]
    seen = {f.pointer for f in everywhere}
    pointed = [_followed(schema, pointer) for pointer in pointers if pointer not in seen]
    arguments = dict.fromkeys((*pointed, *(f.argument for f in found)))
    # Of a list of people the addresses within count, not the list.
    outer = {a.path[:n] for a in arguments for n in range(len(a.path))}
    return tuple(a for a in arguments if a.path not in outer)


def _is_named(found: _Found, family: ArgumentFamily) -> bool:
    name = found.name.lower().replace("_", "").replace("-", "")
    return name in family.names or found.name == UNREACHABLE


def _pointers(family: ArgumentFamily, classification: Classification) -> Iterator[str]:
    """Yield what the findings of the family's own schema signal point to."""
    for finding in classification.findings:
        if finding.signal.id == family.signal and finding.signal.kind is Kind.SCHEMA:
            for evidence in finding.evidence:
                if evidence.pointer.startswith("/inputSchema/"):
                    yield evidence.pointer


def _followed(schema: object, pointer: str) -> Argument:
    """Follow `properties/NAME` and `items` of a pointer that is no parameter's own."""
    keys: list[str] = []
    declared: Any = schema
    in_list = False
    parts = [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")]
    words = iter(parts[2:])
    for word in words:
        declared = declared.get(word) if isinstance(declared, dict) else None
        if word == "properties":
            if in_list:
                keys.append(UNREACHABLE)
                in_list = False
            name = next(words, UNREACHABLE)
            keys.append(name)
            declared = declared.get(name) if isinstance(declared, dict) else None
        elif word == "items":
            in_list = True
        else:  # which value it is depends on the call
            keys.append(UNREACHABLE)
    return Argument(tuple(keys), in_list or _is_array(declared))


def _walk(schema: object) -> Iterator[_Found]:
    """Yield every parameter at every place that it may have in a call.

    Where the walk ends too early, at last one that is named `*` and stands for all the others.
    """
    queue = [_Place(schema, "/inputSchema", ())]
    beyond: set[int] = set()
    places = 0
    for step, place in enumerate(queue):  # which grows meanwhile
        if step >= MOST_SCHEMAS or places + len(queue) > MOST_PLACES:
            yield _Found(Argument((UNREACHABLE,), each=False), UNREACHABLE, "")
            return
        if not isinstance(place.schema, dict):
            continue
        inside = place
        if id(place.schema) in place.above or len(place.path) > DEEPEST:
            # Again and again, or too deep: once more, for all the places that it may have.
            if id(place.schema) in beyond:
                continue
            beyond.add(id(place.schema))
            inside = place._replace(path=(UNREACHABLE,))
        inside = inside._replace(above=place.above | {id(place.schema)})
        for name, declared, pointer in _declared(inside):
            places += 1
            path, optional = (*inside.path, name), inside.optional or _may_lack(inside, name)
            yield _Found(Argument(path, _is_array(declared), optional), name, pointer)
        queue.extend(p for p in _within(schema, inside) if _is_nesting(p.schema))


def _declared(place: _Place) -> Iterator[tuple[str, Any, str]]:
    properties = place.schema.get("properties")
    if isinstance(properties, dict):
        for key, declared in properties.items():
            name = str(key)
            yield name, declared, f"{place.pointer}/properties/{escape(name)}"


def _may_lack(place: _Place, name: str) -> bool:
    """Say whether an object is valid without one of its properties; in doubt it is not."""
    required = place.schema.get("required", [])
    return not place.alternative and isinstance(required, list) and name not in required


def _within(root: object, place: _Place) -> Iterator[_Place]:
    """Yield the schemas within one, each with the value that it is about."""
    schema = place.schema
    for name, declared, pointer in _declared(place):
        yield place._replace(
            schema=declared,
            pointer=pointer,
            path=(*place.path, name),
            alternative=False,
            optional=place.optional or _may_lack(place, name),
        )
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        pointer = f"/inputSchema{reference[1:]}"
        yield place._replace(schema=_at(root, reference), pointer=pointer)
    for key in (*_SAME_VALUE, "if", "then", "else"):
        for part, pointer in _parts(schema.get(key), f"{place.pointer}/{key}"):
            yield place._replace(schema=part, pointer=pointer, alternative=True)
    for key in (*_ITEMS, *_OTHER_KEYS):
        for part, pointer in _parts(schema.get(key), f"{place.pointer}/{key}"):
            yield place._replace(schema=part, pointer=pointer, path=(*place.path, UNREACHABLE))


def _parts(value: object, pointer: str) -> Iterator[tuple[Any, str]]:
    """Yield a schema, or those of a list, or those by pattern, each with its pointer."""
    if isinstance(value, list):
        yield from ((part, f"{pointer}/{number}") for number, part in enumerate(value))
    elif isinstance(value, dict):
        yield value, pointer
        if pointer.endswith("/patternProperties"):
            yield from ((part, f"{pointer}/{escape(str(key))}") for key, part in value.items())


def _at(root: object, reference: str) -> Any:
    node: Any = root
    for part in reference.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _is_nesting(schema: object) -> bool:
    return isinstance(schema, dict) and any(key in schema for key in _NESTING)


def _is_array(declared: object) -> bool:
    """Say whether a value, where it is not null, is always a list."""
    return set(_types(declared)) - {"null"} == {"array"}


def _types(declared: object) -> Iterator[str]:
    if not isinstance(declared, dict):
        return
    for given in (declared, *_options(declared)):
        kind = given.get("type")
        kinds = kind if isinstance(kind, list) else [kind] if kind is not None else []
        yield from (one if isinstance(one, str) else "any" for one in kinds)


def _options(declared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("anyOf", "oneOf"):
        options = declared.get(key)
        for option in options if isinstance(options, list) else ():
            yield option if isinstance(option, dict) and "type" in option else {"type": "any"}
