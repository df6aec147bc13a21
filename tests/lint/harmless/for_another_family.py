"""What is for another family of databases.

on: postgresql mysql
"""

from alembic import op

revision = "for_another_family"
down_revision = None


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("orders")


def downgrade():
    op.execute("SELECT 1")
