"""`toolrisk mcp`: the catalogue as a read-only MCP server over standard input and output."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp")(mcp)


def mcp(
    db: Annotated[str, typer.Option(help="The catalogue to answer from.")] = "toolrisk.db",
) -> None:
    """Serve the catalogue to agents: find tools, classify, get a policy, check a stack.

    Needs the extra `mcp`. Nothing is written, run or fetched.
    """
    from contextlib import suppress

    from classifier.commands.inputs import require_catalog
    from classifier.commands.outdated import say_outdated
    from classifier.errors import ClassifierError
    from crawler.catalog import Catalog
    from crawler.errors import CrawlError

    try:
        from classifier.pipeline.mcp_server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise ClassifierError(
            "the MCP server needs the package mcp; install it with: pip install 'toolrisk[mcp]'"
        ) from None
    with suppress(CrawlError):  # told to the agent that asks
        require_catalog(db)
        with Catalog.open(db, create=False) as catalog:
            say_outdated(catalog)
    serve(db)
