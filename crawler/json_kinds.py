"""What kind of value stands in JSON or TOML, in words for a message."""


def kind(value: object) -> str:
    """Return what a value is: `a list`, `nothing`."""
    if value is None:
        return "nothing"
    return _KINDS.get(type(value), "a time")


_KINDS: dict[type, str] = {
    bool: "a boolean",
    str: "a string",
    list: "a list",
    dict: "an object",
    int: "a number",
    float: "a number",
}
