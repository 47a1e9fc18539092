"""Which registry a listing means by a package's name: the public one of its kind, or another.

The same name in another registry is another program. Taking it from the usual one instead is
dependency confusion: whoever registers the name there first would be run. A package that is not
from the usual registry is therefore never fetched, and has an identity of its own.
"""

from urllib.parse import urlsplit

from crawler.records import Package

_PUBLIC = {
    "npm": ["registry", "npmjs", "org"],
    "pypi": ["pypi", "org"],
    "nuget": ["api", "nuget", "org"],
}
"""Hosts of the usual registries by their parts, as server.json names them (`registryBaseUrl`, 2025-12-11)."""


def pypi_form(name: str) -> str:
    """Return the one form of a name of PyPI (PEP 503): case and runs of - _ . tell none apart."""
    parts = name.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join(part for part in parts if part)


def other_registry(package: Package) -> str | None:
    """Return the registry that a package is from, where that is not the usual one of its kind.

    It is named by host and path, without user and query. Kinds whose identifier names its own
    place (oci, mcpb) have no other.
    """
    stated = (package.registry_base_url or "").strip()
    usual = _PUBLIC.get(package.registry_type)
    if not stated or usual is None:
        return None
    try:
        parts = urlsplit(stated)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "an address that is no URL"
    is_plain = parts.scheme == "https" and port in {None, 443} and not parts.username
    if is_plain and host.split(".") == usual:
        return None
    place = f"{host}:{port}" if port else host
    return f"{parts.scheme or 'no scheme'}://{place}{parts.path.rstrip('/')}"
