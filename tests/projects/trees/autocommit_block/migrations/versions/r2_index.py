"""find customers by their address"""

from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("by_email", "customers", ["email"], postgresql_concurrently=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("by_email", postgresql_concurrently=True)
