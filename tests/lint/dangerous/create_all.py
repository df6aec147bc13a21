"""What is made depends on the models of the day.

on: postgresql mysql sqlite
finds: unread
"""

import sqlalchemy as sa
from alembic import op

revision = "create_all"
down_revision = None

metadata = sa.MetaData()


def upgrade():
    metadata.create_all(op.get_bind())


def downgrade():
    op.execute("SELECT 1")
