"""a change that is noted elsewhere"""

from alembic import op
from shop.audit import note

revision = "r2"
down_revision = "r1"


def upgrade():
    op.execute("INSERT INTO customers VALUES (1)")
    note("the first customer")


def downgrade():
    op.execute("DELETE FROM customers")
