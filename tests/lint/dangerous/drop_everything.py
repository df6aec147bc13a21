"""All tables of the models are dropped.

on: postgresql mysql sqlite
finds: drop-schema
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_everything"
down_revision = None

metadata = sa.MetaData()


def upgrade():
    metadata.drop_all(op.get_bind())


def downgrade():
    op.execute("SELECT 1")
