"""points"""

import sqlalchemy as sa
from alembic import op

revision = "l1"
down_revision = None
branch_labels = ("loyalty",)
depends_on = "s1"


def upgrade():
    op.create_table(
        "points",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id")),
    )


def downgrade():
    op.drop_table("points")
