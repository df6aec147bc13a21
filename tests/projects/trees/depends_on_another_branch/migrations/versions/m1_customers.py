"""customers"""

import sqlalchemy as sa
from alembic import op

revision = "m1"
down_revision = None
branch_labels = ("main",)


def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customers")
