"""The last complete walk of each registry, so that the next asks for what has changed since."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table; without a row a registry is walked whole."""
    op.create_table(
        "walk",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("walked_at", sa.Text(), nullable=False),
        sa.Column("full_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "url"),
    )
