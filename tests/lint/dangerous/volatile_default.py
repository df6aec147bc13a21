"""Every row gets a value of its own: the table is written anew.

on: postgresql
finds: volatile-default
"""

import sqlalchemy as sa
from alembic import op

revision = "volatile_default"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("token", sa.Uuid, server_default=sa.text("gen_random_uuid()")))


def downgrade():
    op.drop_column("orders", "token")
