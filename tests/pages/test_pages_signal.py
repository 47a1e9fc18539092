"""The page of a signal says what frameworks call it, with version and title."""

from markupsafe import escape

from classifier.signals import detectors
from classifier.taxa import explained


def test_a_signal_page_explains_every_reference(site):
    for detector in detectors():
        page = (site / "signals" / f"{detector.signal.id}.html").read_text(encoding="utf-8")
        for reference in detector.signal.references:
            assert f"<code>{reference}</code> {escape(explained(reference))}" in page
