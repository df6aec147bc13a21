"""fails"""

from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    op.execute("INSERT INTO nowhere VALUES (1)")


def downgrade():
    pass
