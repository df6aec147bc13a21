"""refunds"""

import sqlalchemy as sa
from alembic import op

revision = "m3"
down_revision = "m2"


def upgrade():
    op.create_table("refunds", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("refunds")
