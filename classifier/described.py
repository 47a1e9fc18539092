"""What a parameter's own description says it is, where its name is taken for something else.

`token` may be a coin, `source` a news agency, `output` a format, `code` that of a bank, `args` what a
contract's function is given. Only a description that says so speaks against a name: one that says
nothing, or that says both, leaves the finding as it is.
"""

from typing import Any

import re2

from classifier.parameters import Parameter
from classifier.reading import Reading

_LONGEST = 300
_LATIN = "\u024f"


def is_other(reading: Reading, parameter: Parameter, flag: str) -> bool:
    """Say whether a parameter with a flag (`path`, `credential`, ...) is said to be something else."""
    asked = _OTHER.get(flag)
    return asked is not None and asked(reading, parameter, _told(reading, parameter))


def _told(reading: Reading, parameter: Parameter) -> str:
    """Return what the schema says of a parameter, in small ASCII letters.

    Nothing where it is silent, and where it is in a script that is not understood here.
    """
    node: Any = reading.tool.input_schema
    for part in parameter.pointer.split("/")[2:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            node = node.get(key) if isinstance(node, dict) else None
    told = node.get("description") if isinstance(node, dict) else None
    if not isinstance(told, str) or any(c > _LATIN and c.isalpha() for c in told[:_LONGEST]):
        return ""
    return told[:_LONGEST].lower().encode("ascii", errors="replace").decode()


def _has(*words: str) -> Any:
    return re2.compile(rf"\b(?:{'|'.join(words)})")  # type: ignore[no-untyped-call]


_SECRET = _has("api", "auth", "access", "bearer", "credential", "jwt", "login", "oauth", "personal", "reset", "secret", "verif")  # fmt: skip
_COIN = _has(
    "address", "approve", "balance", "bridge", "coin", "contract", "convert", "deposit", "erc", "liquidity", "mint",
    "native", "ohlcv", "pair", "pool", "price", "swap", "symbol", r"token to \w+\b", "trade", "usd",
)  # fmt: skip
_PAGE = _has(
    "continuation",
    "cursor",
    r"next (?:page|call)",
    "pagination",
    "paging",
    r"page token",
    r"(?:last|previous) (?:answer|call|page|response|result)",
)
_PAGES = frozenset({"continue", "cursor", "more", "next"})
_COINS = frozenset(
    {
        "allowance",
        "approve",
        "bridge",
        "burn",
        "erc",
        "erc20",
        "holders",
        "mint",
        "price",
        "prices",
        "stake",
        "swap",
        "usd",
        "wrap",
    }
)
_PLACE = _has("dir", "document", "file", "folder", "local", "path", "save", "disk", r"\w+/\w+/")
_FORMAT = _has("formats?\\b")
_CONTENT = _has("base64", "contents?\\b")
_STATEMENT = _has("cql", "cypher", "database", "kql", "queries", "query", "sql", "script")
_GIVEN = _has(
    r"(?:to|for) (?:the |a )?(?:contract'?s? |smart contract )?(?:application|constructor|contract|function|method)\b",
    r"(?:constructor|contract|function|method) arguments",
    "no parameters",
)
_CODED = _has(
    r"(?:airport|area|authentication|authori[sz]ation|bank|branch|city|commodity|country|coupon|currency|department"
    r"|discount|fund|group|industry|invitation|invite|item|language|menu|postal|product|promo|region|state|station"
    r"|status|stock|tax|verification|zip) codes?\b",
    r"code (?:from|received|insee|of the (?:item|product|stock))\b",
    "iata",
)
_PROGRAM = _has(
    "execut", "javascript", "program", "python", "runs?\\b", "script", "snippet", "source"
)


def _no_secret(reading: Reading, parameter: Parameter, told: str) -> bool:
    """Say whether it is a coin or its address, in a tool about coins, or where a list of pages goes on."""
    if parameter.words != ("token",):
        return False
    if told:
        return bool(_COIN.search(told) or _PAGE.search(told)) and not _SECRET.search(told)
    about = {*reading.core, *reading.first}
    if "token" in about and not _COINS.isdisjoint(about):
        return True
    return not _PAGES.isdisjoint(reading.core) or (
        "@crypto" in reading.around and "token" in reading.core
    )


def _no_path(reading: Reading, parameter: Parameter, told: str) -> bool:
    """Say whether it is a format, where somebody got something from, or the thing itself.

    A source beside a destination is what is copied, whatever is said of it.
    """
    if not told or _PLACE.search(
        told.replace("file format", "format").replace("base64-encoded file", "")
    ):
        return False
    last = parameter.words[-1] if parameter.words else ""
    if last in {"source", "src"}:
        return all(_DESTINATION.isdisjoint(other.words) for other in reading.parameters)
    return bool((_FORMAT if last == "output" else _CONTENT).search(told))


def _no_code(reading: Reading, parameter: Parameter, told: str) -> bool:
    """Say whether it is a sentence, a sign for something, when to run, or what a function is given."""
    words = parameter.words
    last, others = (words[-1], set(words[:-1])) if words else ("", set())
    if last == "statement":
        return not (_STATEMENT.search(told) or others & _SPOKEN or "@database" in reading.around)
    if last == "args":
        return bool(others & _CALLED) or bool(_GIVEN.search(told))
    if last == "expression":
        return bool(others & {"cron", "regex", "regular", "schedule"})
    if last == "code":
        coded = bool(others & {"bank", "wire"}) or bool(_CODED.search(told))
        return coded and not _PROGRAM.search(told)
    return False


_DESTINATION = frozenset({"dest", "destination", "dst", "out", "output", "target", "to"})
_SPOKEN = {"cql", "cypher", "query", "sql"}
_CALLED = {"app", "constructor", "contract", "function", "method"}
_OTHER = {
    "code": _no_code, "command": _no_code, "credential": _no_secret, "outpath": _no_path, "path": _no_path,
    "sql": _no_code,
}  # fmt: skip
