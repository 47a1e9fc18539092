"""Docker's MCP catalogue: one YAML file with images, tools and declared permissions (MIT).

Its `arguments` are no JSON Schema: the schema is derived from them and says so. `allowHosts`,
`volumes`, `secrets` and `disableNetwork` are what the vendor declares a server may reach, and are
kept beside every tool.
"""

from collections.abc import AsyncIterator

from crawler.errors import FetchError
from crawler.records import (
    JsonObject,
    Listing,
    Outcome,
    Package,
    Remote,
    Server,
    ServerName,
    Skipped,
)
from crawler.sources import Getter, Source, objects, parse_yaml, read, skip, state, text_of
from crawler.sources._docker import docker_tools, permissions

SOURCE = Source(
    id="docker-catalog",
    title="Docker MCP catalogue",
    licence="MIT (docker/mcp-registry)",
    where="https://desktop.docker.com/mcp/catalog/v3/catalog.yaml",
)


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the entries of the catalogue at a URL or in a file."""
    try:
        catalogue = parse_yaml(await read(fetcher, where), where)
    except FetchError as error:
        yield skip(where, error)
        return
    entries = catalogue.get("registry") if isinstance(catalogue, dict) else None
    if not isinstance(entries, dict):
        yield skip(where, FetchError(Outcome.PROTOCOL_ERROR, f"{where} has no `registry`"))
        return
    for slug, entry in list(entries.items())[:limit]:
        if isinstance(entry, dict):
            yield _entry(where, str(slug), entry)


def _entry(where: str, slug: str, entry: JsonObject) -> Listing:
    name = ServerName(f"docker:{slug}")
    server = Server(
        name=name,
        title=text_of(entry, "title"),
        description=text_of(entry, "description"),
        repository_url=text_of(entry, "source.project", "upstream", "metadata.registryUrl"),
        packages=_packages(entry),
        remotes=_remotes(entry),
    )
    given = objects(entry.get("tools"))
    texts = [text for text in (server.title, server.description) if text]
    listed = docker_tools(name, given, ". ".join(texts), permissions(entry, entry))
    return state(SOURCE, server, f"{where}#{slug}", entry, listed if given else None)


def _packages(entry: JsonObject) -> tuple[Package, ...]:
    image = text_of(entry, "image")
    if image is None:
        return ()
    name, _, digest = image.partition("@")
    secrets = objects(entry.get("secrets"))
    inputs = tuple(str(s.get("env") or s.get("name")) for s in secrets)
    return (
        Package(
            registry_type="oci", identifier=name, version=digest or None, required_inputs=inputs
        ),
    )


def _remotes(entry: JsonObject) -> tuple[Remote, ...]:
    url = text_of(entry, "remote.url")
    if url is None:
        return ()
    headers = entry["remote"].get("headers")
    names = tuple(str(key) for key in headers) if isinstance(headers, dict) else ()
    providers = entry.get("oauth")
    inputs = names or (("Authorization",) if providers else ())
    transport = text_of(entry, "remote.transport_type") or "streamable-http"
    return (Remote(transport=transport, url=url, required_inputs=inputs),)
