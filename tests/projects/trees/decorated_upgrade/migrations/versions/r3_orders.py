"""orders"""

import sqlalchemy as sa
from alembic import op
from shop.migrating import Timed

revision = "r3"
down_revision = "r2"


@Timed
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("orders")
