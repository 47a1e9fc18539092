"""When two listings are the same server: exact keys only, each with its reason.

In order of strength: registry name; package (purl without version); repository and subfolder;
remote URL. A repository alone never merges two servers whose packages or subfolders differ: one
repository holds many. Equal tool lists suggest a copy and merge nothing.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.records import Package, Server


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One reason to take two listings for the same server."""

    kind: str  # registry-name, package, repository, remote
    value: str


def keys_of(server: Server) -> tuple[Key, ...]:
    """Return the keys of a server, strongest first."""
    keys: list[Key] = []
    if "/" in server.name and "." in server.name.partition("/")[0] and ":" not in server.name:
        keys.append(Key("registry-name", server.name.casefold()))
    packages = sorted(filter(None, (purl(package) for package in server.packages)))
    keys += [Key("package", value) for value in packages]
    repository = repository_key(server.repository_url)
    if repository is not None and not packages and not server.remotes:
        # without package and remote the repository is all that names the server
        keys.append(Key("repository", repository))
    keys += [Key("remote", value) for remote in server.remotes if (value := remote_key(remote.url))]
    return tuple(dict.fromkeys(keys))


def purl(package: Package) -> str | None:
    """Return the package URL without a version, or None for what is no package."""
    name = package.identifier
    match package.registry_type:
        case "npm":
            return f"pkg:npm/{name.lower()}"
        case "pypi":  # PEP 503: case and runs of - _ . do not tell names apart
            parts = name.lower().replace("_", "-").replace(".", "-").split("-")
            return "pkg:pypi/" + "-".join(part for part in parts if part)
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
