"""customers"""

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade(**_kwargs):
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade(**_kwargs):
    op.drop_table("customers")
