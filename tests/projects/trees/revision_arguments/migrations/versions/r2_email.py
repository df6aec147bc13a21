"""the customer's address"""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade(**kwargs):
    op.add_column(kwargs["table"], sa.Column("email", sa.String(200)))


def downgrade(**kwargs):
    op.drop_column(kwargs["table"], "email")
