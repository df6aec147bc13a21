"""MySQL's way to rename.

on: mysql
finds: rename-column
"""

from alembic import op

revision = "change_column_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE `orders` CHANGE `note` `remark` TEXT")


def downgrade():
    op.execute("ALTER TABLE `orders` CHANGE `remark` `note` TEXT")
