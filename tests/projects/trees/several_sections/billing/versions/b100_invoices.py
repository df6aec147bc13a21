"""invoices"""

import sqlalchemy as sa
from alembic import op

revision = "b100"
down_revision = None


def upgrade(prefix):
    op.create_table(f"{prefix}invoices", sa.Column("id", sa.Integer, primary_key=True))


def downgrade(prefix):
    op.drop_table(f"{prefix}invoices")
