"""orders can be found"""

import sqlalchemy as sa
from alembic import op

revision = "x2"
down_revision = "x1"
depends_on = "m2"


def upgrade():
    op.create_table("found_orders", sa.Column("order_id", sa.Integer, sa.ForeignKey("orders.id")))


def downgrade():
    op.drop_table("found_orders")
