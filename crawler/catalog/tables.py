"""Rows of the catalogue: no behaviour, names that a person understands in Datasette.

There is no future annotations import here on purpose: SQLModel resolves annotations when the
class is made. `table=True` models do not validate, so rows are never the domain objects; one
pair of functions converts (crawler.catalog.rows). Timestamps are UTC ISO 8601 text, booleans are
0 or 1, lists and definitions are JSON text.
"""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


def _text(*, index: bool = False) -> Any:
    return Field(sa_type=sa.Text, index=index)


def _maybe() -> Any:
    return Field(default=None, sa_type=sa.Text, nullable=True)


class ServerRow(SQLModel, table=True):
    """One server, as its most trusted source describes it."""

    __tablename__: ClassVar[Any] = "server"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_type=sa.Text, unique=True)
    title: str | None = _maybe()
    description: str | None = _maybe()
    version: str | None = _maybe()
    repository_url: str | None = _maybe()
    website_url: str | None = _maybe()
    status: str = _text()
    stated_by: str | None = _maybe()
    tools_origin: str | None = _maybe()
    tools_source: str | None = _maybe()
    tools_seen: str | None = _maybe()
    first_seen: str = _text()
    last_seen: str = _text()


class ListingRow(SQLModel, table=True):
    """One source's statement about one server, kept whole: conflicts are not overwritten."""

    __tablename__: ClassVar[Any] = "listing"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("server_id", "source"),)
    id: int | None = Field(default=None, primary_key=True)
    server_id: int = Field(foreign_key="server.id")
    source: str = _text()
    url: str = _text()
    record_sha256: str | None = _maybe()
    statement: str = _text()
    first_seen: str = _text()
    last_seen: str = _text()


class PackageRow(SQLModel, table=True):
    """A package that a listing names."""

    __tablename__: ClassVar[Any] = "package"
    id: int | None = Field(default=None, primary_key=True)
    server_id: int = Field(foreign_key="server.id", index=True)
    listing_id: int = Field(foreign_key="listing.id", index=True)
    registry_type: str = _text()
    identifier: str = _text()
    version: str | None = _maybe()
    transport: str = _text()
    arguments: str = _text()
    required_inputs: str = _text()
    file_sha256: str | None = _maybe()
    registry_base_url: str | None = _maybe()


class RemoteRow(SQLModel, table=True):
    """A remote endpoint that a listing names."""

    __tablename__: ClassVar[Any] = "remote"
    id: int | None = Field(default=None, primary_key=True)
    server_id: int = Field(foreign_key="server.id", index=True)
    listing_id: int = Field(foreign_key="listing.id", index=True)
    transport: str = _text()
    url: str = _text()
    required_inputs: str = _text()


class ProbeRow(SQLModel, table=True):
    """One attempt to list a server's tools. Only `listed` says anything about them."""

    __tablename__: ClassVar[Any] = "probe"
    id: int | None = Field(default=None, primary_key=True)
    server_id: int = Field(foreign_key="server.id", index=True)
    outcome: str = _text()
    detail: str = _text()
    transport: str | None = _maybe()
    endpoint: str | None = _maybe()
    era: str | None = _maybe()
    protocol_version: str | None = _maybe()
    server_title: str | None = _maybe()
    instructions: str | None = _maybe()
    sandbox: str | None = _maybe()
    dummy_config: int = 0
    truncated: int = 0
    started_at: str = _text()
    seconds: float = 0.0
    payload_sha256: str | None = _maybe()
    tool_count: int = 0
    problems: str = _text()


class ToolRow(SQLModel, table=True):
    """A tool of a server through time; `ordinal` tells tools of the same name apart.

    `last_seen` is written when something changes. A tool that has not been removed was last
    seen when its server was last listed in full (`server.tools_seen`): so a refresh that finds
    nothing new writes nothing a tool. The view `tools` gives the later of both.
    """

    __tablename__: ClassVar[Any] = "tool"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("server_id", "name", "ordinal"),)
    id: int | None = Field(default=None, primary_key=True)
    server_id: int = Field(foreign_key="server.id")
    name: str = _text()
    ordinal: int = 0
    origin: str = _text()
    current_version_id: int = 0
    first_seen: str = _text()
    last_seen: str = _text()
    removed_at: str | None = _maybe()


class ToolVersionRow(SQLModel, table=True):
    """One definition of a tool, exactly as received; only `last_seen` ever changes.

    `context_sha256` covers the definition and what was known of its server: a new version is
    due when either changes, and it is definition drift only when `definition_sha256` does.
    """

    __tablename__: ClassVar[Any] = "tool_version"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("tool_id", "context_sha256"),)
    id: int | None = Field(default=None, primary_key=True)
    tool_id: int = Field(foreign_key="tool.id")
    definition_sha256: str = _text()
    definition: str = _text()
    extra: str | None = _maybe()
    server_text: str = _text()
    context_sha256: str = _text()
    first_seen: str = _text()
    last_seen: str = _text()


class ClassificationRow(SQLModel, table=True):
    """What one ruleset and model concluded about one definition; plain values only."""

    __tablename__: ClassVar[Any] = "classification"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("tool_version_id", "ruleset", "model"),)
    id: int | None = Field(default=None, primary_key=True)
    tool_version_id: int = Field(foreign_key="tool_version.id")
    input_sha256: str = _text()
    ruleset: str = _text()
    model: str = _text()
    category: str = _text()
    risk: str = _text()
    risk_score: int = 0
    needs_review: int = 0
    json_text: str = _text()
    created: str = _text()


class RunRow(SQLModel, table=True):
    """One crawl of a set of targets; a run without an end was cut off and can be taken up."""

    __tablename__: ClassVar[Any] = "crawl_run"
    id: int | None = Field(default=None, primary_key=True)
    targets: str = _text()
    started_at: str = _text()
    finished_at: str | None = _maybe()
    summary: str | None = _maybe()


class FrontierRow(SQLModel, table=True):
    """Where the crawl of one server stands: `due`, `leased`, `done` or `failed`."""

    __tablename__: ClassVar[Any] = "frontier"
    server_id: int = Field(primary_key=True, foreign_key="server.id")
    run_id: int = Field(foreign_key="crawl_run.id")
    state: str = _text()
    outcome: str | None = _maybe()
    reason: str | None = _maybe()
    failures: int = 0
    last_attempt: str | None = _maybe()
    next_attempt: str | None = _maybe()
    leased_by: str | None = _maybe()
    leased_until: str | None = _maybe()


class ServerKeyRow(SQLModel, table=True):
    """A package, remote or repository by which a server can be found again."""

    __tablename__: ClassVar[Any] = "server_key"
    kind: str = Field(sa_type=sa.Text, primary_key=True)
    value: str = Field(sa_type=sa.Text, primary_key=True)
    server_id: int = Field(primary_key=True, foreign_key="server.id")


class AliasRow(SQLModel, table=True):
    """Another source's name for a server, and the key that says so; `apart` undoes it for good."""

    __tablename__: ClassVar[Any] = "alias"
    name: str = Field(sa_type=sa.Text, primary_key=True)
    server_id: int = Field(foreign_key="server.id")
    source: str = _text()
    kind: str = _text()
    value: str = _text()
    since: str = _text()
    apart: int = 0


class MigrationRow(SQLModel, table=True):
    """A migration that has been applied."""

    __tablename__: ClassVar[Any] = "migration"
    name: str = Field(sa_type=sa.Text, primary_key=True)
    applied_at: str = _text()


TABLES = SQLModel.metadata.tables
"""Every table by name, for the set-wise statements of writing.py."""
