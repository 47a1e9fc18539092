"""Stored verdicts that `classify` would say anew: told by commands that show them as they stand."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.engine import Options
    from crawler.catalog import Catalog


def say_outdated(catalog: "Catalog", options: "Options | None" = None) -> None:
    """Say in one line how many verdicts are out of date, where any is.

    `options`: how they would be judged now, by default with a person's own reviews.
    """
    from classifier.commands.inputs import say, user_reviews
    from classifier.engine import Options
    from classifier.errors import DataError
    from classifier.store import outdated
    from crawler.printable import counted

    try:
        count = outdated(catalog, options or Options(extra_reviews=user_reviews()))
    except DataError as error:  # what is stored can be shown all the same
        say(str(error))
        return
    if count:
        verb = "is" if count == 1 else "are"
        say(
            f"{counted(count, 'stored verdict')} {verb} older than the reviews, rules or model here; "
            "`toolrisk classify` brings the catalogue up to date"
        )
