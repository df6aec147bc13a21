"""Every row is changed in one statement.

on: postgresql mysql sqlite
finds: update-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "update_all"
down_revision = None


def upgrade():
    op.execute(sa.update(sa.table("orders", sa.column("note"))).values(note=""))


def downgrade():
    op.execute("SELECT 1")
