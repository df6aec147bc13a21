"""names"""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    op.add_column("customer", sa.Column("name", sa.String(80)))


def downgrade():
    op.drop_column("customer", "name")
