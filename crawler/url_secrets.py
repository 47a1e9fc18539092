"""Addresses out of a person's settings, without what may be a secret in them.

Tokens stand in user names, queries and fragments, and with some services in the path or before the
domain: `https://host/s/OPAQUE/mcp`, `https://OPAQUE.host/mcp`. Nobody can tell an opaque token from
an opaque id, so both are taken out; what is left is `{secret}`, a template, which is never asked.
Addresses that a public source names are not secret, and are left as they are, but for user names
and passwords, which are nobody's to send or to show (`without_user`).

Not recognised, because they look like words and versions: pieces of fewer than ten signs, letters
alone in a host name (`qzxkvjwpfhtrnbml.host`), words joined as a pass phrase (`correct-horse`).
"""

import re  # noqa: TID251 - one anchored pattern; re2 would load with every record
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

SECRET = "{secret}"  # noqa: S105 - what stands in its place
IN_PATH = "a part of the URL's path"
"""The name of the input that such an address needs."""

IN_HOST = "a part of the URL's host"

_USER = re.compile(r"(?P<head>\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]{2,})(?P<user>[^/?#\\]*@)")

_OPAQUE = 16
"""Signs of one piece from which on letters mixed with digits or cases are no word."""
_SHORT = 10
"""Signs of one piece from which on digits and letters in turn are no word and no version."""
_TURNS, _HOST_TURNS = 4, 3
_LONGEST_WORD = 25
_AFTER_MARK = 8
_MARKS = frozenset(
    ["s", "k", "t", "key", "keys", "token", "tokens", "secret", "auth", "apikey", "api-key",
     "api_key", "access-token", "access_token", "accesstoken", "private", "share", "webhook", "hooks"]
)  # fmt: skip
_PREFIXES = ("sk-", "pk-", "rk-", "fc-", "sk_", "pk_", "rk_", "ghp_", "gho_", "github_pat_", "glpat-", "xox", "eyj", "key-", "tok_", "pat-")  # fmt: skip


def without_secrets(url: str) -> tuple[str, tuple[str, ...]]:
    """Return an address that may be stored, and the names of the inputs that it needs again.

    Raises:
        ValueError: it is no URL, or names no host.

    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if not host:
        raise ValueError("no host")
    path, marked = [], False
    for segment in parts.path.split("/"):
        is_token = marked and _may_be_token(unquote(segment))
        path.append(SECRET if is_token else _kept(segment))
        marked = marked or unquote(segment).lower() in _MARKS
    names = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    names += [IN_PATH] if SECRET in "".join(path) else []
    shown = _kept_host(host)
    names += [IN_HOST] if shown != host else []
    return urlunsplit((parts.scheme, shown, "/".join(path), "", "")), tuple(names)


def without_user(url: str, instead: str = "") -> str:
    """Return an address with its user name and password replaced; any other text as it is.

    As lenient as programs that read addresses are. `git@` is no secret: so everybody logs in.
    """
    found = _USER.match(url) if "@" in url else None
    if found is None or found["user"] == "git@":
        return url
    return found["head"] + instead + url[found.end() :]


def bare(where: str) -> str:
    """Return an address without its query and fragment; a path, which may hold both signs, as it is."""
    return where.partition("?")[0].partition("#")[0] if "://" in where else where


def without_query(text: str, where: str) -> str:
    """Return a text without what a person wrote behind the `?` or `#` of an address."""
    tail = where.removeprefix(bare(where))
    for one in (tail, tail.rstrip("/")):  # sources append their own paths to it
        text = text.replace(one, "") if len(one) > 1 else text
    return text


def _kept_host(host: str) -> str:
    """Return a host with what may be a secret before its domain taken out."""
    if host.startswith("["):  # an IPv6 address
        return host
    labels = host.split(".")
    kept = [SECRET if _is_opaque_label(label) else label for label in labels[:-2]]
    return ".".join([*kept, *labels[-2:]])


def _is_opaque_label(label: str) -> bool:
    """Say whether a label of a host name is more than a word: case says nothing there."""
    joined = label.replace("-", "")
    if len(joined) < _OPAQUE or label.startswith("xn--"):
        return False
    is_number = _is_hex(joined) or joined.isdecimal()
    return is_number or any(
        len(piece) >= _OPAQUE and _turns(piece) >= _HOST_TURNS for piece in label.split("-")
    )


def _kept(segment: str) -> str:
    """Return a part of a path, or what stands in its place where it may be a secret."""
    text = unquote(segment)
    if _is_opaque(text):
        return SECRET
    name, mark, _ = segment.partition("=")  # key=VALUE, and ;matrix=VALUE
    return f"{name}={SECRET}" if mark else segment


def _is_opaque(text: str) -> bool:
    if text.lower().startswith(_PREFIXES) and len(text) >= _OPAQUE // 2 and _is_mixed(text):
        return True
    pieces = [text]
    for sign in "-_.~:,@":
        pieces = [part for piece in pieces for part in piece.split(sign)]
    longest = max(pieces, key=len)
    is_long = len(longest) >= _OPAQUE
    if is_long and (_is_mixed(longest) or _is_hex(longest) or longest.isupper()):
        return True
    if any(len(piece) >= _SHORT and _turns(piece) >= _TURNS for piece in pieces):
        return True
    joined = "".join(pieces)  # a UUID, or a token that has - and _ among its signs
    is_number = len(joined) >= _OPAQUE and (_is_hex(joined) or joined.isdecimal())
    return (
        is_number
        or len(longest) >= _LONGEST_WORD
        or (len(joined) > 2 * _OPAQUE and _digits(joined) * 8 > len(joined))
    )


def _may_be_token(text: str) -> bool:
    """Say whether a part that follows on `/token/` or the like may be one: less is needed there."""
    is_one_word = text.isalnum() and len(text) >= _OPAQUE
    return len(text) >= _AFTER_MARK and (_is_mixed(text) or is_one_word)


def _is_mixed(text: str) -> bool:
    """Say whether digits stand among letters, or capitals in the midst of small ones."""
    has_letters = any(c.isalpha() for c in text)
    turns = sum(a.islower() and b.isupper() for a, b in pairwise(text))
    return has_letters and (_digits(text) > 0 or turns > 2)  # noqa: PLR2004 - streamableHttpServer has two


def _turns(text: str) -> int:
    """Return how often digits and letters follow on each other."""
    return sum(a.isdigit() != b.isdigit() for a, b in pairwise(text))


def _is_hex(text: str) -> bool:
    return any(c.isdigit() for c in text) and all(c in "0123456789abcdefABCDEF" for c in text)


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)
