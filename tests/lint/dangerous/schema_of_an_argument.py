"""A schema goes whose name is typed.

on: postgresql
finds: drop-schema
"""

from alembic import context, op

revision = "schema_of_an_argument"
down_revision = None


def upgrade():
    schema = context.get_x_argument(as_dictionary=True)["schema"]
    op.execute(f'DROP SCHEMA "{schema}" CASCADE')


def downgrade():
    op.execute("SELECT 1")
