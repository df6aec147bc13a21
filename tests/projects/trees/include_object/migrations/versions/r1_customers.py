"""customers, their constraint named by the models' convention"""

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer),
        sa.Column("email", sa.String(200), unique=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade():
    op.drop_table("customers")
