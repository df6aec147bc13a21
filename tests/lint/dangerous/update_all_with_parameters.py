"""Every row, in one statement with a parameter.

on: postgresql mysql sqlite
finds: update-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "update_all_with_parameters"
down_revision = None


def upgrade():
    op.execute(sa.text("UPDATE orders SET currency = :currency").bindparams(currency="EUR"))


def downgrade():
    op.execute("SELECT 1")
