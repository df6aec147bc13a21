"""A constraint gets another name.

on: postgresql
"""

from alembic import op

revision = "rename_a_constraint"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders RENAME CONSTRAINT ck_a TO ck_b")


def downgrade():
    op.execute("ALTER TABLE orders RENAME CONSTRAINT ck_b TO ck_a")
