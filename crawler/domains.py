"""The registrable domain of a host: who is asked, however many names he has; and what hosts code.

The rule is short on purpose: the last two labels, or three under a public second level such as
`co.uk`. Names under a hosting service (`*.workers.dev`) count as that service, because it is its
machines that answer. Where the rule is wrong it groups too much, which is slower and never rude.
"""

import ipaddress
from urllib.parse import urlsplit

from crawler.records import Server

CODE_HOSTS = frozenset({"github.com", "gitlab.com", "codeberg.org", "bitbucket.org"})
"""Where repositories lie: an address there of an owner and a name is one."""

_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org"})
_COUNTRY = 2


def domain_of(url: str) -> str:
    """Return the registrable domain of a URL, or the address where the host is one."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        labels = host.split(".")
    is_second = len(labels[-1]) == _COUNTRY and len(labels) > 2 and labels[-2] in _SECOND_LEVEL  # noqa: PLR2004 - a.co.uk
    return ".".join(labels[-3:] if is_second else labels[-2:])


def asked_domain(server: Server) -> str | None:
    """Return whom asking a server will trouble: a domain, a package registry, or nobody."""
    for remote in server.remotes:
        if not remote.required_inputs and "{" not in remote.url:
            try:
                return domain_of(remote.url)
            except ValueError:
                return None
    return server.packages[0].registry_type if server.packages else None
