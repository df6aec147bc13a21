"""orders"""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    orders = op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))
    op.bulk_insert(orders, [{"id": 1}, {"id": 2}])


def downgrade():
    op.drop_table("orders")
