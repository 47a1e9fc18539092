"""A page's worth of words for each signal: its own module's docstring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from classifier.verdict import Kind, Severity, Signal


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or an example that keeps its lines."""

    text: str
    is_code: bool


@dataclass(frozen=True, slots=True)
class SignalPage:
    """A signal with what its module says of it."""

    signal: Signal
    blocks: tuple[Block, ...]

    @property
    def id(self) -> str:
        """The signal's id."""
        return self.signal.id

    @property
    def title(self) -> str:
        """The signal's title."""
        return self.signal.title


@lru_cache(maxsize=4)
def signal_pages(seen: tuple[str, ...] = ()) -> tuple[SignalPage, ...]:
    """Return every declared signal, and any that a stored verdict names beside them, by title.

    An older verdict may name a signal that is no longer declared: its page says so.
    """
    from classifier.signals import detectors

    pages = {d.signal.id: SignalPage(d.signal, blocks(d.page)) for d in detectors()}
    for id_ in seen:
        if id_ not in pages:
            signal = Signal(
                id=id_, kind=Kind.CAPABILITY, severity=Severity.INFO, title=id_.replace("-", " ")
            )
            gone = "This signal comes from an older ruleset and is no longer looked for."
            pages[id_] = SignalPage(signal, (Block(gone, is_code=False),))
    return tuple(sorted(pages.values(), key=lambda page: page.title.casefold()))


def blocks(docstring: str) -> tuple[Block, ...]:
    """Cut a docstring into paragraphs; indented ones are examples. Backticks are dropped."""
    made = []
    for part in docstring.strip().split("\n\n"):
        lines = part.splitlines()
        if all(line.startswith("    ") for line in lines if line):
            made.append(Block("\n".join(line[4:] for line in lines), is_code=True))
        else:
            made.append(Block(" ".join(part.split()).replace("`", ""), is_code=False))
    return tuple(made)
