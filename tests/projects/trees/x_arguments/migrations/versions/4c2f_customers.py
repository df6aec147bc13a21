"""customers"""

import sqlalchemy as sa
from alembic import op

revision = "4c2f"
down_revision = None


def upgrade(prefix):
    op.create_table(f"{prefix}customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade(prefix):
    op.drop_table(f"{prefix}customers")
