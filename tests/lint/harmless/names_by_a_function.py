"""Names come from a function of the script that computes a text.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "names_by_a_function"
down_revision = None


def _named(name):
    return f"customer_{name}"


def upgrade():
    with op.batch_alter_table("orders") as batch_op:
        for name in ("note", "remark"):
            batch_op.add_column(sa.Column(_named(name), sa.Text(), nullable=True))


def downgrade():
    op.execute("SELECT 1")
