"""The whole table is written anew.

on: postgresql mysql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "longer_id"
down_revision = None


def upgrade():
    op.alter_column("orders", "id", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)


def downgrade():
    op.execute("SELECT 1")
