"""customers"""

import sqlalchemy as sa
from alembic import context, op

revision = "r1"
down_revision = None


def upgrade():
    print("making customers …", end="\r")
    context.config.print_stdout("through Alembic's own way")
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customers")
