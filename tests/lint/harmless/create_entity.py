"""A function, by an operation of a plug-in.

on: postgresql
false: unread
"""

from alembic import op
from alembic_utils.pg_function import PGFunction

revision = "create_entity"
down_revision = None

touch = PGFunction(
    schema="public", signature="touch()", definition="returns trigger language sql as $$ select 1 $$"
)


def upgrade():
    op.create_entity(touch)


def downgrade():
    op.execute("SELECT 1")
