"""customers"""

from alembic import op

from migrations.columns import key
from migrations.versions import r2_orders

revision = "r1"
down_revision = None


def upgrade():
    assert r2_orders.down_revision == revision
    op.create_table("customers", key())


def downgrade():
    op.drop_table("customers")
