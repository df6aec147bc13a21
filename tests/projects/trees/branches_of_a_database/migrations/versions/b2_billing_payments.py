"""billing payments"""

import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "b1"


def upgrade():
    op.create_table("payments", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("payments")
