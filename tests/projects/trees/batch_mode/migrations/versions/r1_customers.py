"""customers"""

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    customers = op.create_table(
        "customers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80)),
        sa.Column("fax", sa.String(20)),
    )
    op.bulk_insert(customers, [{"id": 1, "name": "Ada", "fax": "1"}])


def downgrade():
    op.drop_table("customers")
