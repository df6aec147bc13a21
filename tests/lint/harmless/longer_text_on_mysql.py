"""A text may be longer, and its length takes two bytes as before.

on: mysql
"""

import sqlalchemy as sa
from alembic import op

revision = "longer_text_on_mysql"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.String(length=100), type_=sa.String(length=200))


def downgrade():
    op.execute("SELECT 1")
