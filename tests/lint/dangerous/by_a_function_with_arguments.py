"""Columns go in a function that is given their names.

on: postgresql mysql sqlite
finds: drop-column
"""

from alembic import op

revision = "by_a_function_with_arguments"
down_revision = None


def _drop(table, *columns):
    with op.batch_alter_table(table) as batch_op:
        for column in columns:
            batch_op.drop_column(column)


def upgrade():
    _drop("orders", "note", "remark")


def downgrade():
    op.execute("SELECT 1")
