"""carts"""

import sqlalchemy as sa
from alembic import op

revision = "right"
down_revision = "r1"


def upgrade():
    op.create_table("carts", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("carts")
