"""The targets of a first run, from data/starter.toml."""

import tomllib
from pathlib import Path

from crawler.errors import TargetError
from crawler.targets import Target, parse_target


def starter_targets() -> list[Target]:
    """Return the targets that stand in when none is named.

    The file is in the data folder beside the checkout, or inside the wheel, where it is packed
    under `classifier/_data`; crawler knows the path, and never imports classifier.

    Raises:
        TargetError: the file is missing or malformed.

    """
    root = Path(__file__).parent.parent
    packed = root / "classifier" / "_data"
    path = (packed if packed.is_dir() else root / "data") / "starter.toml"
    try:
        texts = tomllib.loads(path.read_text(encoding="utf-8"))["targets"]
        return [parse_target(str(text)) for text in texts]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise TargetError(f"{path} cannot be read as a list of targets: {error}") from None
