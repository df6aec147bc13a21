"""What is done is the application's affair.

on: postgresql mysql sqlite
finds: unread
"""

from alembic import op
from application.migrations import backfill

revision = "code_of_the_application"
down_revision = None


def upgrade():
    backfill(op.get_bind())


def downgrade():
    op.execute("SELECT 1")
