"""customers"""

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    customers = op.create_table(
        "customers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(80))
    )
    op.bulk_insert(customers, [{"id": 1, "name": "Ada Lovelace"}, {"id": 2, "name": "Alan Turing"}])


def downgrade():
    op.drop_table("customers")
