"""When two listings are the same server: exact keys only, each with its reason.

In order of strength: registry name; package (purl without version); remote URL; repository and
subfolder. A repository alone never merges two servers that name packages: one repository holds
many. Two entries of one source are never merged: it knows its own. Equal tool lists suggest a
copy and merge nothing.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from crawler.domains import CODE_HOSTS
from crawler.records import Package, Server
from crawler.registries import other_registry, pypi_form


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One reason to take two listings for the same server."""

    kind: str  # package, remote or repository
    value: str


APART = frozenset({"target", "file", "client-config", "clients", "probe"})
"""Sources whose names are the user's own: a server named there keeps that name."""


def keys_of(server: Server) -> tuple[Key, ...]:
    """Return the keys by which a server can be found again, strongest first."""
    packages = sorted(filter(None, map(_package_key, server.packages)))
    remotes = sorted(filter(None, (remote_key(remote.url) for remote in server.remotes)))
    repository = repository_key(server.repository_url)
    keys = [Key("package", value) for value in packages]
    keys += [Key("remote", value) for value in remotes]
    keys += [Key("repository", repository)] if repository is not None else []
    return tuple(dict.fromkeys(keys))


def merging_keys(server: Server) -> tuple[Key, ...]:
    """Return the keys that may merge this server into one that is known.

    A repository counts only for a listing that names nothing else, as in a list of links.
    """
    keys = keys_of(server)
    exact = tuple(key for key in keys if key.kind != "repository")
    return exact or keys


def is_registry_name(name: str) -> bool:
    """Say whether a name is one that a registry vouches for: `io.github.owner/name`."""
    space, slash, _ = name.partition("/")
    return bool(slash) and "." in space and ":" not in name and space not in CODE_HOSTS


def _package_key(package: Package) -> str | None:
    """Return what tells the server of a package from others: two programs of one are two servers."""
    found, command = purl(package), package.command
    if found is None or command is None:
        return found
    own = package.identifier.rpartition("/")[2]
    if package.registry_type == "pypi":
        command, own = pypi_form(command), pypi_form(own)
    return found if command == own else f"{found}#{quote(command, safe='')}"


def purl(package: Package) -> str | None:
    """Return the package URL without a version, or None for what is no package.

    One of another registry than the usual is another package, whatever its name.
    """
    other, plain = other_registry(package), _plain_purl(package)
    if plain is None or other is None:
        return plain
    return f"{plain}?repository_url={quote(other, safe='', errors='backslashreplace')}"


def _plain_purl(package: Package) -> str | None:
    name = package.identifier
    match package.registry_type:
        case "npm":
            return f"pkg:npm/{name.lower()}"
        case "pypi":
            return f"pkg:pypi/{pypi_form(name)}"
        case "oci":
            head, slash, last = name.partition("@")[0].rpartition("/")
            image = f"{head}{slash}{last.partition(':')[0]}".lower()
            return "pkg:oci/" + image.removeprefix("docker.io/").removeprefix("library/")
        case "nuget":
            return f"pkg:nuget/{name.lower()}"
        case _:
            return None


def repository_key(url: str | None) -> str | None:
    """Return `host/owner/name[/folder]` of a repository's address, or None if it is none."""
    if not url:
        return None
    text = url.strip().removeprefix("git+")
    if text.startswith("git@"):  # git@host:owner/name.git
        text = "ssh://" + text.replace(":", "/", 1)
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = [part for part in parts.path.split("/") if part]
    if "." not in host or len(path) < 2:  # noqa: PLR2004 - owner and name
        return None
    owner, name, *rest = path
    folder = ""
    if len(rest) > 2 and rest[0] in ("tree", "blob"):  # noqa: PLR2004 - tree/branch/folder
        folder = "/" + "/".join(rest[2:])
    return f"{host}/{owner}/{name.removesuffix('.git')}{folder}".lower()


def remote_key(url: str) -> str | None:
    """Return a remote's address without query, fragment and default port; templates have none."""
    if "{" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname if port in (None, usual) else f"{parts.hostname}:{port}"
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
