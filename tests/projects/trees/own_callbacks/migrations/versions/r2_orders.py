"""orders"""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade(**_kwargs):
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade(**_kwargs):
    op.drop_table("orders")
