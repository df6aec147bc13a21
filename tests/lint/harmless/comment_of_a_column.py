"""What a column is for.

on: postgresql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "comment_of_a_column"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.Text(), comment="free text", existing_nullable=True)


def downgrade():
    op.execute("SELECT 1")
