"""A connection of its own commits on its own.

on: postgresql
finds: non-transactional
"""

import sqlalchemy as sa
from alembic import op

revision = "autocommit_engine"
down_revision = None


def upgrade():
    engine = op.get_bind().engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ALTER TYPE mood ADD VALUE 'calm'"))
        connection.execute(sa.text("ALTER TYPE mood ADD VALUE 'glad'"))


def downgrade():
    op.execute("SELECT 1")
