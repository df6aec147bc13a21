"""The same for the whole script.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "allowed_in_the_whole"
down_revision = None

# orchestrate: allow drop-column until 2027-01-31: nothing reads them since 4.2


def upgrade():
    op.drop_column("orders", "note")
    op.drop_column("orders", "remark")


def downgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
