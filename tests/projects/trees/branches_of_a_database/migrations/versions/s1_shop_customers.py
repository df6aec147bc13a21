"""shop customers"""

import sqlalchemy as sa
from alembic import op

revision = "s1"
down_revision = None
branch_labels = ("shop",)


def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customers")
