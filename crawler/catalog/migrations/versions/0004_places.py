"""Several lists of one source, how far walks came, and what servers want of the next visit."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LISTING = """
CREATE TABLE listing (
    id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    url TEXT NOT NULL,
    record_sha256 TEXT,
    statement TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (server_id, source, place),
    FOREIGN KEY(server_id) REFERENCES server (id)
)
"""
_COPY = """
INSERT INTO listing (id, server_id, source, place, url, record_sha256, statement, first_seen, last_seen)
SELECT id, server_id, source, CASE source WHEN 'clients' THEN url ELSE '' END, url, record_sha256,
    statement, first_seen, last_seen FROM old_listing
"""
_LABELS = """
UPDATE server SET {column} = NULL
WHERE {column} NOT LIKE '%://%' AND {column} NOT IN ('official-registry', 'target', 'probe', 'package')
"""
"""Sources that may have several lists: which of them it was is not known, so the next may say it."""


def upgrade() -> None:
    """Make the table of listings anew: SQLite cannot change what is unique in it."""
    op.execute("PRAGMA defer_foreign_keys = ON")  # packages and remotes mean the table of that name
    op.execute("CREATE TABLE old_listing AS SELECT * FROM listing")
    op.execute("DROP TABLE listing")
    op.execute(_LISTING)
    op.execute(_COPY)
    op.execute("DROP TABLE old_listing")
    for column in ("stated_by", "tools_source"):
        op.execute(_LABELS.format(column=column))
    op.add_column("frontier", sa.Column("era", sa.Text(), nullable=True))
    told = sa.Column("told", sa.Integer(), nullable=False, server_default="0")
    op.add_column("frontier", told)
    op.create_table(
        "stop",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "place"),
    )
