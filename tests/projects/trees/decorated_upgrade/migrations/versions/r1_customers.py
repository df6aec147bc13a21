"""customers"""

import sqlalchemy as sa
from alembic import op
from shop.migrating import only_on

revision = "r1"
down_revision = None


@only_on("sqlite", "postgresql")
def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customers")
