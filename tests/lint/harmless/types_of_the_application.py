"""The application gives a type, a log hears of it.

on: postgresql mysql sqlite
"""

import logging

import sqlalchemy as sa
from alembic import op
from shop.models import State

revision = "types_of_the_application"
down_revision = None


log = logging.getLogger("alembic.shop")


def upgrade():
    log.info("adding a state")
    op.add_column("orders", sa.Column("state", sa.Enum(State, native_enum=False), nullable=True))
    print("done")


def downgrade():
    op.execute("SELECT 1")
