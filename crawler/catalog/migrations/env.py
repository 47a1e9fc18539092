"""What Alembic runs: the revisions, on the connection and in the transaction that it is given."""

from alembic import context
from sqlmodel import SQLModel

from crawler.catalog import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
assert tables.TABLES  # noqa: S101 - importing the module fills the metadata
context.run_migrations()
