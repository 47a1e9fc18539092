"""Which program of a package is started; and secrets that older versions kept go.

Up to revision 0004 a command that a client config wrote as one string was kept whole, with the
tokens in it, as the name of a program; and a value of an option of `docker run` that was not known
as the name of an image.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UNKNOWN = "unknown"
_REASONS = (("probe", "detail"), ("frontier", "reason"))
"""Where the reason of an attempt is kept, which quotes the package."""


def upgrade() -> None:
    """Add a column, and take what cannot be a name out of packages, statements and attempts."""
    op.execute("PRAGMA secure_delete = ON")  # what is taken out is overwritten
    op.add_column("package", sa.Column("command", sa.Text(), nullable=True))
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT p.id, p.registry_type, p.identifier, p.arguments FROM package p"
            " JOIN listing l ON l.id = p.listing_id WHERE l.source IN"
            " ('client-config', 'clients', 'file', 'mcpm', 'target')"
        )
    ).all()
    for row in found:
        _clean_package(connection, row)
    connection.execute(
        sa.text(
            "DELETE FROM server_key WHERE kind = 'package' AND value LIKE 'pkg:oci/%=%'"
            " AND value NOT LIKE '%?repository_url=%'"
        )
    )
    for table, column in _REASONS:
        connection.execute(
            sa.text(
                f"UPDATE {table} SET {column} = 'not run: no npm or pypi package; give a file of its"  # noqa: S608 - names of ours
                f" tools instead' WHERE {column} LIKE 'not run (command: %'"
                f" OR {column} LIKE 'not run (oci: %=%'"
            )
        )


def _clean_package(connection: sa.Connection, row: Any) -> None:
    """Clean one package, and the statement of its listing."""
    identifier, arguments = _name(row.registry_type, row.identifier), _options(row.arguments)
    if (identifier, arguments) == (row.identifier, row.arguments):
        return
    connection.execute(
        sa.text(
            "UPDATE listing SET statement = :statement WHERE id ="
            " (SELECT listing_id FROM package WHERE id = :id)"
        ),
        {"id": row.id, "statement": _statement(connection, row.id)},
    )
    connection.execute(
        sa.text("UPDATE package SET identifier = :name, arguments = :words WHERE id = :id"),
        {"id": row.id, "name": identifier, "words": arguments},
    )


def _statement(connection: sa.Connection, package: int) -> str:
    stated = connection.execute(
        sa.text(
            "SELECT statement FROM listing WHERE id ="
            " (SELECT listing_id FROM package WHERE id = :id)"
        ),
        {"id": package},
    ).scalar_one()
    value = json.loads(stated)
    for one in value.get("packages", ()):
        one["identifier"] = _name(one["registry_type"], one["identifier"])
        one["arguments"] = json.loads(_options(json.dumps(one["arguments"])))
    return json.dumps(value, separators=(",", ":"))


def _name(registry_type: str, identifier: str) -> str:
    """Return a name, or what stands in place of something that is none."""
    also = {"command": "._+-@", "oci": "._-/:@"}.get(registry_type)
    is_name = also is None or all(c.isalnum() or c in also for c in identifier)
    return identifier if is_name else _UNKNOWN


def _options(arguments: str) -> str:
    """Return names of options without a value that stands in the same word."""
    words = json.loads(arguments)
    cut = [w.split()[0] if w.startswith("--") and len(w.split()) > 1 else w for w in words]
    return arguments if cut == words else json.dumps(cut, separators=(",", ":"))
