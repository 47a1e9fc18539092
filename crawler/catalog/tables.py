"""Rows of the catalogue: no behaviour, names that a person understands in Datasette.

There is no future annotations import here on purpose: SQLModel resolves annotations when the
class is made. `table=True` models do not validate, so rows are never the domain objects; one
pair of functions converts (crawler.catalog.rows). Timestamps are UTC ISO 8601 text, booleans are
0 or 1, lists and definitions are JSON text.
"""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


def _text(comment: str, **options: Any) -> Any:
    return Field(sa_type=sa.Text, sa_column_kwargs={"comment": comment}, **options)


def _maybe(comment: str) -> Any:
    return Field(
        default=None, sa_type=sa.Text, nullable=True, sa_column_kwargs={"comment": comment}
    )


def _int(comment: str) -> Any:
    return Field(default=0, sa_column_kwargs={"comment": comment})


def _key(comment: str = "Row number.") -> Any:
    return Field(default=None, primary_key=True, sa_column_kwargs={"comment": comment})


def _refers(to: str, comment: str, **options: Any) -> Any:
    return Field(foreign_key=to, sa_column_kwargs={"comment": comment}, **options)


class ServerRow(SQLModel, table=True):
    """One server, as its most trusted source describes it."""

    __tablename__: ClassVar[Any] = "server"
    id: int | None = _key("Row number, which other tables refer to.")
    name: str = _text("The server's name: reverse-DNS, package or address, unique.", unique=True)
    title: str | None = _maybe("A name for people, if a source gives one.")
    description: str | None = _maybe("What the most trusted source says the server is.")
    version: str | None = _maybe("The version that source names.")
    repository_url: str | None = _maybe("Source repository.")
    website_url: str | None = _maybe("Home page.")
    status: str = _text(
        "`active`, `deprecated`, `deleted` (a tombstone: a registry withdrew it) or `disabled` "
        "(its client does not start it)."
    )
    stated_by: str | None = _maybe(
        "The source whose statement fills this row, with `+PLACE` of another list than its usual."
    )
    tools_origin: str | None = _maybe(
        "How the tools were obtained: `live`, `declared` or `static`."
    )
    tools_source: str | None = _maybe("The source or endpoint that stated the tools.")
    tools_seen: str | None = _maybe("When the tools were last listed in full, UTC.")
    first_seen: str = _text("When the server was first met, UTC.")
    last_seen: str = _text(
        "When it last told something of itself, UTC; its listings say when they did."
    )


class ListingRow(SQLModel, table=True):
    """One source's statement about one server, kept whole: conflicts are not overwritten."""

    __tablename__: ClassVar[Any] = "listing"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("server_id", "source", "place"),)
    id: int | None = _key("Row number.")
    server_id: int = _refers("server.id", "The server that it speaks of.")
    source: str = _text("The source, as named on the command line.")
    place: str = _text(
        "Which of the source's lists: address, file or checkout; empty for its usual one."
    )
    url: str = _text("Where the statement stands.")
    record_sha256: str | None = _maybe("SHA-256 of the statement as received, to notice change.")
    statement: str = _text(
        "The statement whole, as JSON; `problems` and `truncated` are there where its list of tools is not."
    )
    first_seen: str = _text("When this statement was first met, UTC.")
    last_seen: str = _text("When it was last confirmed, UTC.")


class PackageRow(SQLModel, table=True):
    """A package that a listing names."""

    __tablename__: ClassVar[Any] = "package"
    id: int | None = _key("Row number.")
    server_id: int = _refers("server.id", "The server that it runs.", index=True)
    listing_id: int = _refers("listing.id", "The listing that names it.", index=True)
    registry_type: str = _text("`npm`, `pypi`, `oci`, `mcpb`, `nuget` and so on.")
    identifier: str = _text("The package's name in that registry.")
    version: str | None = _maybe("The version that the listing names.")
    transport: str = _text(
        "How the package speaks once it runs: `stdio`, `streamable-http` or `sse`."
    )
    arguments: str = _text("Arguments to start it with, a JSON list.")
    required_inputs: str = _text(
        "Names of the settings that it needs, a JSON list; never their values."
    )
    file_sha256: str | None = _maybe("Digest of the file that the listing states.")
    registry_base_url: str | None = _maybe("Another registry than the usual one.")
    command: str | None = _maybe("The program of the package that is started, where one is named.")


class RemoteRow(SQLModel, table=True):
    """A remote endpoint that a listing names."""

    __tablename__: ClassVar[Any] = "remote"
    id: int | None = _key("Row number.")
    server_id: int = _refers("server.id", "The server that answers there.", index=True)
    listing_id: int = _refers("listing.id", "The listing that names it.", index=True)
    transport: str = _text("`streamable-http` or `sse`.")
    url: str = _text("The address.")
    required_inputs: str = _text(
        "Names of the headers and variables that it needs, a JSON list; never their values."
    )


class ProbeRow(SQLModel, table=True):
    """One attempt to list a server's tools. Only `listed` says anything about them.

    A crawl adds a row when an attempt went otherwise than the one before; when it was last
    repeated stands in `frontier.last_attempt`.
    """

    __tablename__: ClassVar[Any] = "probe"
    id: int | None = _key("Row number.")
    server_id: int = _refers("server.id", "The server that was asked.", index=True)
    outcome: str = _text("How it ended: `listed`, `auth_required`, `timeout` and so on.")
    detail: str = _text(
        "The reason in words, printable and cut; of a list that broke off, at which page and why."
    )
    transport: str | None = _maybe("How it was asked.")
    endpoint: str | None = _maybe("The address or package that was asked.")
    era: str | None = _maybe(
        "`initialize` or `stateless`: which generation of the protocol answered."
    )
    protocol_version: str | None = _maybe("The protocol version that was agreed on.")
    server_title: str | None = _maybe("What the server calls itself.")
    instructions: str | None = _maybe("Instructions that the server gives to models.")
    sandbox: str | None = _maybe("The sandbox profile in which a package ran.")
    dummy_config: int = _int("1 if placeholder settings had to be given.")
    truncated: int = _int(
        "1 if the list goes on where it was not read: a cap cut it, or it broke off."
    )
    started_at: str = _text("When, UTC.")
    seconds: float = Field(default=0.0, sa_column_kwargs={"comment": "How long it took."})
    payload_sha256: str | None = _maybe("SHA-256 of the tool list as received.")
    auth_scheme: str | None = _maybe("What a login takes: `Bearer`, `Basic` and so on.")
    auth_metadata_url: str | None = _maybe(
        "Where the server says how to get a token; set where it offers OAuth. Never fetched."
    )
    auth_scope: str | None = _maybe("The scopes that it asks for.")
    tool_count: int = _int("Tools that were named.")
    problems: str = _text("Malformed tools that were left out and why, a JSON list.")


class ToolRow(SQLModel, table=True):
    """A tool of a server through time; `ordinal` tells tools of the same name apart.

    `last_seen` is written when something changes. A tool that has not been removed was last
    seen when its server was last listed in full (`server.tools_seen`): so a refresh that finds
    nothing new writes nothing a tool. The view `tools` gives the later of both.
    """

    __tablename__: ClassVar[Any] = "tool"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("server_id", "name", "ordinal"),)
    id: int | None = _key("Row number.")
    server_id: int = _refers("server.id", "The server that has it.")
    name: str = _text("The name as received.")
    ordinal: int = _int("Tells tools of the same name apart; 0 is the first.")
    origin: str = _text("`live`, `declared` or `static`: how the definition was obtained.")
    current_version_id: int = _int("The definition in force.")
    first_seen: str = _text("When the tool was first met, UTC.")
    last_seen: str = _text("When it was last met before something changed, UTC.")
    removed_at: str | None = _maybe(
        "When its server stopped naming it, UTC; empty while it is there."
    )


class ToolVersionRow(SQLModel, table=True):
    """One definition of a tool, exactly as received; only `last_seen` ever changes.

    `context_sha256` covers the definition and what was known of its server: a new version is
    due when either changes, and it is definition drift only when `definition_sha256` does.
    """

    __tablename__: ClassVar[Any] = "tool_version"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("tool_id", "context_sha256"),)
    id: int | None = _key("Row number.")
    tool_id: int = _refers("tool.id", "The tool.")
    definition_sha256: str = _text(
        "SHA-256 of the canonical JSON of name, title, description, schemas and annotations."
    )
    definition: str = _text("Those fields as received, as JSON.")
    extra: str | None = _maybe("Other keys of the wire object, as JSON.")
    server_text: str = _text("What was known of the server when it was judged.")
    context_sha256: str = _text(
        "SHA-256 of the definition and the server's text together; numbers in the text count as one."
    )
    first_seen: str = _text("When this definition was first met, UTC.")
    last_seen: str = _text("When it was last met, UTC.")


class ToolChangeRow(SQLModel, table=True):
    """What happened to a tool after it was first met; a definition that comes back is a change too.

    A version that is due to what was known of the server alone is none: its definition is the same.
    """

    __tablename__: ClassVar[Any] = "tool_change"
    id: int | None = _key("Row number; those of a tool are in the order in which they happened.")
    tool_id: int = _refers("tool.id", "The tool.", index=True)
    kind: str = _text(
        "`changed`, `removed` (or its server was withdrawn), or `new`: it came back as it was."
    )
    at: str = _text("When that was noticed, UTC.")
    version_id: int = _refers(
        "tool_version.id", "The definition in force from then on; of a removed tool, its last."
    )
    previous_version_id: int | None = Field(
        default=None,
        foreign_key="tool_version.id",
        sa_column_kwargs={"comment": "The definition before; empty for a tool that came back."},
    )


class ClassificationRow(SQLModel, table=True):
    """What one ruleset and model concluded about one definition; plain values only."""

    __tablename__: ClassVar[Any] = "classification"
    __table_args__: ClassVar[Any] = (sa.UniqueConstraint("tool_version_id", "ruleset", "model"),)
    id: int | None = _key("Row number.")
    tool_version_id: int = _refers("tool_version.id", "The definition that was judged.")
    input_sha256: str = _text(
        "SHA-256 of what was judged: the definition, its server, and what that says."
    )
    ruleset: str = _text(
        "Version of rules and signals, and after a space of the data and code beside them."
    )
    model: str = _text("Name of the model.")
    category: str = _text("Read, Write, Execute or Other.")
    risk: str = _text("low, medium, high or critical.")
    risk_score: int = _int("0 to 100.")
    needs_review: int = _int("1 if a person should look.")
    json_text: str = _text(
        "The whole verdict with evidence, as `classify --format jsonl` prints it."
    )
    created: str = _text("When, UTC.")


class RunRow(SQLModel, table=True):
    """One crawl of a set of targets; a run without an end was cut off and can be taken up."""

    __tablename__: ClassVar[Any] = "crawl_run"
    id: int | None = _key("Row number.")
    targets: str = _text("What the run was asked for, a JSON list.")
    started_at: str = _text("When it began, UTC.")
    finished_at: str | None = _maybe("When it ended, UTC; empty if it was cut off.")
    summary: str | None = _maybe("Its summary as JSON.")


class FrontierRow(SQLModel, table=True):
    """Where the crawl of one server stands: `due`, `leased`, `done` or `failed`."""

    __tablename__: ClassVar[Any] = "frontier"
    __table_args__: ClassVar[Any] = (
        sa.Index("frontier_due", "run_id", "state", "turn"),
        sa.Index("frontier_domain", "run_id", "domain", "turn"),
    )
    server_id: int = _refers("server.id", "The server.", primary_key=True)
    run_id: int = _refers("crawl_run.id", "The run that it belongs to.")
    state: str = _text("`due`, `leased`, `done` or `failed`.")
    outcome: str | None = _maybe("How the last attempt ended.")
    reason: str | None = _maybe("Why it failed, in words.")
    failures: int = _int("Failed attempts in a row.")
    last_attempt: str | None = _maybe("When it was last tried, UTC.")
    next_attempt: str | None = _maybe("When it may be tried again, UTC.")
    leased_by: str | None = _maybe("The process that is at it.")
    leased_until: str | None = _maybe("When that lease ends, UTC.")
    domain: str | None = _maybe("The registrable domain that will be asked.")
    era: str | None = _maybe(
        "How it was spoken with last: `initialize`, `stateless`, or `sse`, the older transport."
    )
    told: int = _int("1 if the server itself named `next_attempt` (Retry-After, ttlMs).")
    turn: int = _int("Which of its domain's servers it is in this run: rounds are asked in order.")


class StopRow(SQLModel, table=True):
    """How far walks of a slow source came: the next goes on behind the entry that was last."""

    __tablename__: ClassVar[Any] = "stop"
    source: str = _text("The source.", primary_key=True)
    place: str = _text("Which of its lists; empty for its usual one.", primary_key=True)
    after: str = _text("The address of the entry that was read last.")


class ServerKeyRow(SQLModel, table=True):
    """A package, remote or repository by which a server can be found again."""

    __tablename__: ClassVar[Any] = "server_key"
    kind: str = _text("`package`, `remote` or `repository`.", primary_key=True)
    value: str = _text("The package, address or repository in normal form.", primary_key=True)
    server_id: int = _refers("server.id", "The server that has it.", primary_key=True)


class AliasRow(SQLModel, table=True):
    """Another source's name for a server, and the key that says so; `apart` undoes it for good."""

    __tablename__: ClassVar[Any] = "alias"
    name: str = _text("The other name.", primary_key=True)
    server_id: int = _refers("server.id", "The server that it is.")
    source: str = _text("The source that uses the other name.")
    kind: str = _text("The kind of key by which they were found to be one.")
    value: str = _text("That key.")
    since: str = _text("Since when, UTC.")
    apart: int = _int("1 if a person took them apart, which holds for good.")


class WalkRow(SQLModel, table=True):
    """The last complete walk of a registry, by which the next asks for changes only."""

    __tablename__: ClassVar[Any] = "walk"
    source: str = _text("The registry's name in provenance.", primary_key=True)
    url: str = _text("Its address.", primary_key=True)
    walked_at: str = _text("When the last complete walk began, UTC.")
    full_at: str = _text("When the last one of the whole list began, UTC.")


TABLES = SQLModel.metadata.tables
"""Every table by name, for the set-wise statements of writing.py."""
