"""the customer's address"""

import sqlalchemy as sa
from alembic import op

revision = "r3"
down_revision = "r2"


def upgrade():
    op.add_column("customers", sa.Column("email", sa.String(200)))


def downgrade():
    op.drop_column("customers", "email")
