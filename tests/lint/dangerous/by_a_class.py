"""A table goes in a method.

on: postgresql mysql sqlite
finds: drop-table
"""

from alembic import op

revision = "by_a_class"
down_revision = None


class Cleaning:
    def __init__(self, table):
        self.table = table

    def run(self):
        op.drop_table(self.table)


def upgrade():
    Cleaning("orders").run()


def downgrade():
    op.execute("SELECT 1")
