"""What is done is chosen by the dialect's name.

on: postgresql mysql sqlite
finds: drop-table
"""

from alembic import op

revision = "by_a_match"
down_revision = None


def upgrade():
    match op.get_bind().dialect.name:
        case "oracle":
            pass
        case _:
            op.drop_table("orders")


def downgrade():
    op.execute("SELECT 1")
