"""customers, under a name that the ini file says"""

import sqlalchemy as sa
from alembic import context, op

revision = "r1"
down_revision = None


def upgrade():
    prefix = op.get_context().config.get_main_option("shop.prefix")
    assert prefix == context.config.get_main_option("shop.prefix")
    assert "r2" in context.get_revision_argument()
    op.create_table(f"{prefix}customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("eu_customers")
