"""What a table is for; a text that reads like a statement.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "comment"
down_revision = None


def upgrade():
    op.create_table_comment("orders", "DROP TABLE orders; DELETE FROM orders", existing_comment=None)


def downgrade():
    op.drop_table_comment("orders")
