"""full name beside name"""

import sqlalchemy as sa
from alembic import op

revision = "e1"
down_revision = "start"
branch_labels = ("expand",)


def upgrade():
    op.add_column("customers", sa.Column("full_name", sa.String(80)))


def downgrade():
    op.drop_column("customers", "full_name")
