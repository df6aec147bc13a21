"""A text may be shorter from now on.

on: postgresql mysql sqlite
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "shorten_a_text"
down_revision = None


def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("note", existing_type=sa.String(length=200), type_=sa.String(length=50))


def downgrade():
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("note", existing_type=sa.String(length=50), type_=sa.String(length=200))
