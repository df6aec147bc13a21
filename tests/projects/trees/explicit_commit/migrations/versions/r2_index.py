"""an index without a lock, as one did it before autocommit_block"""

from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    op.execute("COMMIT")
    op.execute("CREATE INDEX by_email ON customers (email)")


def downgrade():
    op.execute("DROP INDEX by_email")
