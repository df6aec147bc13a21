"""orders, unless they are there"""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    found = sa.inspect(op.get_bind()).get_table_names()
    seen = sa.inspect(op.get_bind().engine).get_table_names()
    assert "eu_customers" in found
    assert "eu_customers" in seen, "an earlier revision is committed, so that any connection sees it"
    if "orders" not in found:
        op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("orders")
