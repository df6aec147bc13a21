"""a new kind of customer: a new value is usable only after its commit"""

from alembic import op

revision = "r3"
down_revision = "r2"


def upgrade():
    op.execute("CREATE TYPE kind AS ENUM ('plain')")
    op.execute("ALTER TABLE customers ADD COLUMN kind kind")
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE kind ADD VALUE 'vip'")
    op.execute("ALTER TABLE customers ALTER COLUMN kind SET DEFAULT 'vip'")


def downgrade():
    op.drop_column("customers", "kind")
    op.execute("DROP TYPE kind")
