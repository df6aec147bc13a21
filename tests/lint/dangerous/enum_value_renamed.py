"""A value that the running application writes gets another name.

on: postgresql
finds: rename-value
"""

from alembic import op

revision = "enum_value_renamed"
down_revision = None


def upgrade():
    op.execute("ALTER TYPE mood RENAME VALUE 'calm' TO 'quiet'")


def downgrade():
    op.execute("ALTER TYPE mood RENAME VALUE 'quiet' TO 'calm'")
