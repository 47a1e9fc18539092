"""What runs under the name of a server in a client config: its package, its address or its program.

Who accepts a finding accepts it of this, and of nothing else that is put under the name later.
Arguments and query parameters are left out, because people keep tokens there, and so are versions:
one that is not pinned is a finding of its own.
"""

from __future__ import annotations

from classifier.pipeline.plain import plain
from crawler.client_config import config_servers, launched_package
from crawler.records import JsonObject, Package
from crawler.url_secrets import without_secrets

NOTHING = "nothing"
"""What runs where an entry has neither a command nor an address that can be read."""
_COMMAND = "command"
_LONGEST = 2000


def what_runs(name: str, entry: JsonObject) -> str:
    """Return what a client starts or calls for an entry, such as `npm:@owner/server`."""
    servers, _ = config_servers({"mcpServers": {name: entry}})
    for server in servers:
        for package in server.packages:
            return plain(_package(package, entry), _LONGEST)
        for remote in server.remotes:
            return plain(remote.url, _LONGEST)
    return NOTHING


def without_address(package: str) -> str:
    """Return a package, as a runner is told it, without what may be a token in its address."""
    if "://" not in package:
        return package
    try:
        return without_secrets(package)[0]
    except ValueError:
        return package.partition("://")[0] + "://"


def _package(package: Package, entry: JsonObject) -> str:
    launched = launched_package(entry)
    if package.registry_type == _COMMAND and launched is not None:
        return f"{launched[0]}:{without_address(launched[1])}"  # such as npm:github:owner/server
    named = f"{package.registry_type}:{package.identifier}"
    return f"{named} from {package.registry_base_url}" if package.registry_base_url else named
