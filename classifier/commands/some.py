"""The first definitions of a source, taken at once where that keeps nobody waiting.

How the work is shared goes by how much there is: a file says it, servers that are asked one by one do not.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from classifier.halves import MOST
from classifier.parallel import batches
from crawler.records import Tool


class Some(Iterator[Tool]):
    """Definitions as they come; `tools` are those that were taken, `is_all` says that no more are coming.

    `alone`, asked once the first is there, says that others are still being asked for. An error of the
    source comes after what it gave before: where all were taken, `check` raises it.
    """

    def __init__(self, source: Iterable[Tool], alone: Callable[[], bool] | None) -> None:
        self._parts = batches(source, MOST, first=1)
        self._error: Exception | None = None
        self.tools = next(self._parts, [])
        self.is_all = False
        if self.tools and not (alone and alone()):
            self._take()
        self._rest = chain(self.tools, chain.from_iterable(self._parts))

    def _take(self) -> None:
        try:
            self.tools += next(self._parts, [])
        except Exception as error:  # noqa: BLE001 - raised by `check`
            self._error = error
        self.is_all = len(self.tools) <= MOST

    def __next__(self) -> Tool:
        return next(self._rest)

    def check(self) -> None:
        """Raise the error that ended the definitions, if one did."""
        if self._error is not None:
            raise self._error
        next(self._parts, None)  # where some came before it, it is raised here
