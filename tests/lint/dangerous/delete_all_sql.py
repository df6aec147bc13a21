"""The same in SQL, behind a name.

on: postgresql mysql sqlite
finds: delete-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "delete_all_sql"
down_revision = None

CLEAN = "DELETE FROM orders"


def upgrade():
    op.get_bind().execute(sa.text(CLEAN))


def downgrade():
    op.execute("SELECT 1")
