"""Alembic environment: runs on the connection that `csvgen.store.database` hands in."""

from alembic import context

from csvgen.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
