"""A sequence goes on after the highest number.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "sequence_set"
down_revision = None


def upgrade():
    op.get_bind().execute(sa.text("SELECT setval('orders_id_seq', (SELECT max(id) FROM orders))"))


def downgrade():
    op.execute("SELECT 1")
