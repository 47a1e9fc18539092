"""The taxonomies that signals refer to, recognised by how their ids are spelt.

A reference may carry its edition (`MCP03:2025`); the taxon is the part before it. Sources: the
projects' own lists (OWASP MCP Top 10 of 2025, OWASP Agentic Top 10 of December 2025 for 2026,
ATLAS of May 2026, SAFE-MCP of February 2026, CWE 4).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """One taxonomy: how its ids begin, and the edition that is meant unless an id says another."""

    prefix: str
    name: str
    organization: str
    version: str


TAXONOMIES = (
    Taxonomy("MCP", "OWASP MCP Top 10", "OWASP", "2025"),
    Taxonomy("ASI", "OWASP Top 10 for Agentic Applications", "OWASP", "2026"),
    Taxonomy("AML.T", "MITRE ATLAS", "MITRE", "2026-05"),
    Taxonomy("SAFE-T", "SAFE-MCP", "SAFE-MCP", "2026-02"),
    Taxonomy("CWE-", "CWE", "MITRE", "4"),
)


def taxonomy_of(reference: str) -> Taxonomy | None:
    """Return the taxonomy that a reference belongs to, or None for one we do not know."""
    return next((one for one in TAXONOMIES if reference.startswith(one.prefix)), None)


def taxon(reference: str) -> str:
    """Return the id without its edition."""
    return reference.partition(":")[0]
