"""Where in a definition something stands, in words instead of a JSON Pointer."""

from __future__ import annotations

from classifier.pages.words import cut

_PLAIN = {
    "name": "the name",
    "title": "the title",
    "description": "the description",
    "inputSchema": "the input schema",
    "outputSchema": "the output schema",
    "annotations": "the vendor's hints",
}
_LONGEST = 60


def place(pointer: str) -> str:
    """Say where a JSON Pointer leads: `the description of parameter url`."""
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    if not keys:
        return "the definition"
    head = _PLAIN.get(keys[0], keys[0])
    if len(keys) == 1:
        return head
    if keys[0] != "inputSchema":
        return f"{head}, {cut(keys[-1], _LONGEST)}"
    names = [keys[i + 1] for i in range(1, len(keys) - 1) if keys[i] == "properties"]
    if not names:
        return f"{head}, {cut(keys[-1], _LONGEST)}"
    parameter = f"parameter {cut('.'.join(names), _LONGEST)}"
    if keys[-2] == "properties":
        return parameter
    last = f"a value of {keys[-2]}" if keys[-1].isdigit() else keys[-1]
    return (
        f"the {cut(last, _LONGEST)} of {parameter}" if last == keys[-1] else f"{last}, {parameter}"
    )
