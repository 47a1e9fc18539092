"""What a login takes, as facts; and rounds of the frontier, so that no domain holds up the rest."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns; what is known already keeps its rows."""
    for name in ("auth_scheme", "auth_metadata_url", "auth_scope"):
        op.add_column("probe", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("frontier", sa.Column("domain", sa.Text(), nullable=True))
    turn = sa.Column("turn", sa.Integer(), nullable=False, server_default="0")
    op.add_column("frontier", turn)
    op.drop_index("frontier_due", "frontier")
    op.create_index("frontier_due", "frontier", ["run_id", "state", "turn"])
    op.create_index("frontier_domain", "frontier", ["run_id", "domain", "turn"])
