"""customers"""

import sqlalchemy as sa
from alembic import op

revision = "4c2f"
down_revision = None


def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customers")
