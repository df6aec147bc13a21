"""MySQL's way to change a type.

on: mysql
finds: type-change
"""

from alembic import op

revision = "modify_column_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders MODIFY COLUMN note VARCHAR(20)")


def downgrade():
    op.execute("ALTER TABLE orders MODIFY COLUMN note TEXT")
