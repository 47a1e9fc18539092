"""The one place that knows where data/ is: beside the checkout, or inside the wheel."""

from pathlib import Path

MODEL_VARIABLE = "TOOLRISK_MODEL"
"""Of the environment: another model directory than the one that ships."""


def data_dir() -> Path:
    """Return the folder of data files: `classifier/_data` in a wheel, `data/` in a checkout."""
    packed = Path(__file__).parent / "_data"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "data"
