"""An extension.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "extension"
down_revision = None


def upgrade():
    op.execute('CREATE EXTENSION IF NOT EXISTS "uuid-ossp"')
    op.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))


def downgrade():
    op.execute("SELECT 1")
