"""email beside all"""

import sqlalchemy as sa
from alembic import op

revision = "e2"
down_revision = "e1"


def upgrade():
    op.add_column("customers", sa.Column("email", sa.String(80)))


def downgrade():
    op.drop_column("customers", "email")
