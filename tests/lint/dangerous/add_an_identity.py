"""The same by an identity.

on: postgresql
finds: volatile-default
"""

import sqlalchemy as sa
from alembic import op

revision = "add_an_identity"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("number", sa.BigInteger, sa.Identity(), nullable=False))


def downgrade():
    op.drop_column("orders", "number")
