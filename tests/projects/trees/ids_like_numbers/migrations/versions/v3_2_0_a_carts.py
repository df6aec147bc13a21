"""carts"""

import sqlalchemy as sa
from alembic import op

revision = "v3.2.0.a"
down_revision = "0.98.0"


def upgrade():
    op.create_table("carts", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("carts")
