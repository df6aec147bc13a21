"""A type is made anew, and its column converted.

on: postgresql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "enum_type_anew"
down_revision = None


def upgrade():
    op.execute("ALTER TYPE status RENAME TO status_old")
    sa.Enum("open", "paid", name="status").create(op.get_bind())
    op.execute("ALTER TABLE orders ALTER COLUMN status TYPE status USING status::text::status")
    op.execute("DROP TYPE status_old")


def downgrade():
    op.execute("SELECT 1")
