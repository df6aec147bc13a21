"""Runs the journal's own migrations on the connection it is given; it opens none."""

from alembic import context

from orchestrator.journal.migrate import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
