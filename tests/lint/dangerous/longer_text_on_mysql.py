"""Its length takes two bytes from now on: MySQL writes every row anew.

on: mysql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "longer_text_on_mysql"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.String(length=50), type_=sa.String(length=200))


def downgrade():
    op.execute("SELECT 1")
