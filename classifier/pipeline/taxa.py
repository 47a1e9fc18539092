"""The frameworks as SARIF needs them: read once, in a stable order."""

from __future__ import annotations

from classifier.taxa import taxon, taxonomies, taxonomy_of

TAXONOMIES = taxonomies()

__all__ = ["TAXONOMIES", "taxon", "taxonomy_of"]
