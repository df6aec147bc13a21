"""What is dangerous is allowed by a comment that says why.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "allowed_here"
down_revision = None


def upgrade():
    # orchestrate: allow drop-column until 2027-01-31: nothing reads it since 4.2
    op.drop_column("orders", "note")


def downgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
