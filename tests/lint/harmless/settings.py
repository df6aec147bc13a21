"""How the session works.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "settings"
down_revision = None


def upgrade():
    op.execute("SET lock_timeout = '5s'")
    op.execute("SELECT set_config('search_path', 'sales', true)")
    op.add_column("orders", sa.Column("note", sa.Text))


def downgrade():
    op.drop_column("orders", "note")
