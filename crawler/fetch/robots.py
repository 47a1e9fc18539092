"""robots.txt per origin, read by protego: 404 allows, an error forbids, for one crawl."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protego import Protego

from crawler.errors import FetchError
from crawler.records import Outcome

if TYPE_CHECKING:
    from crawler.fetch import Fetcher


class Robots:
    """The decisions of one crawl."""

    def __init__(self) -> None:
        self._rules: dict[str, Protego | bool] = {}

    async def allowed(self, fetcher: "Fetcher", url: str, user_agent: str) -> bool:
        """Say whether a page may be fetched."""
        rules = await self._of(fetcher, url)
        return rules if isinstance(rules, bool) else bool(rules.can_fetch(url, user_agent))

    async def delay(self, fetcher: "Fetcher", url: str, user_agent: str) -> float:
        """Return the Crawl-delay of a host in seconds, 0 when it names none."""
        rules = await self._of(fetcher, url)
        return 0.0 if isinstance(rules, bool) else float(rules.crawl_delay(user_agent) or 0.0)

    async def _of(self, fetcher: "Fetcher", url: str) -> Protego | bool:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            try:
                answer = await fetcher.get(origin + "/robots.txt")
                self._rules[origin] = Protego.parse(answer.body.decode("utf-8", "replace"))
            except FetchError as error:
                self._rules[origin] = error.outcome in {
                    Outcome.NOT_FOUND,
                    Outcome.FORBIDDEN,
                    Outcome.AUTH_REQUIRED,
                }
        return self._rules[origin]
