"""name goes"""

import sqlalchemy as sa
from alembic import op

revision = "c1"
down_revision = "start"
branch_labels = ("contract",)
depends_on = "e1"


def upgrade():
    op.drop_column("customers", "name")


def downgrade():
    op.add_column("customers", sa.Column("name", sa.String(80)))
