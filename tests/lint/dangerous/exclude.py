"""An exclusion builds its index in the transaction.

on: postgresql
finds: exclude-constraint
"""

from alembic import op

revision = "exclude"
down_revision = None


def upgrade():
    op.create_exclude_constraint("ex_rooms", "bookings", ("room", "="), ("during", "&&"), using="gist")


def downgrade():
    op.drop_constraint("ex_rooms", "bookings")
