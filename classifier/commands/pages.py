"""`toolrisk pages`: the static site of a catalogue."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT = "toolrisk.db"
"""As the catalogue has it; importing that costs a second, which --help need not."""


def register(app: typer.Typer) -> None:
    """Add `pages` to the root command."""

    @app.command()
    def pages(
        *,
        out: Annotated[
            Path, typer.Option("--out", metavar="DIR", help="Where the site is written.")
        ] = Path("site"),
        db: Annotated[str, typer.Option("--db", metavar="URL", help="The catalogue.")] = DEFAULT,
        base_url: Annotated[
            str, typer.Option("--base-url", metavar="URL", help="The address it will have.")
        ] = "",
        notebooks: Annotated[
            Path | None,
            typer.Option("--notebooks", metavar="DIR", help="Executed notebooks to add as pages."),
        ] = None,
        serve: Annotated[
            bool, typer.Option("--serve", help="Preview it here; rebuild as the catalogue changes.")
        ] = False,
        port: Annotated[
            int, typer.Option("--port", min=0, max=65535, help="Port of the preview.")
        ] = 8000,
    ) -> None:
        """Write the site: a page for every tool and server, with its policy.

        What is in DIR and was written by no build (.git, CNAME) stays where it is, untouched.
        A file of the site is written again where its size is not what was written, or its time is
        later than the last build's.
        """
        from classifier.commands.outdated import say_outdated
        from classifier.pages.publish import check_base_url, publish, serve_site
        from crawler.catalog import Catalog

        address = check_base_url(base_url)
        if not serve:
            publish(db, out, address, notebooks)
        with Catalog.open(db, create=False) as catalog:
            say_outdated(catalog)
        if serve:
            serve_site(db, out, address, port, notebooks)
