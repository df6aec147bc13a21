"""Two columns go in one statement.

on: postgresql mysql
finds: drop-column
"""

import sqlalchemy as sa
from alembic import op

revision = "columns_in_one_statement"
down_revision = None


def upgrade():
    conn = op.get_bind()
    conn.execute(sa.text("alter table orders drop column note, drop column remark"))


def downgrade():
    op.execute("SELECT 1")
