"""A value at the end of the list, which MySQL adds at once.

on: mysql
"""

from alembic import op
from sqlalchemy.dialects import mysql

revision = "longer_enum_on_mysql"
down_revision = None


def upgrade():
    op.alter_column(
        "orders",
        "state",
        existing_type=mysql.ENUM("new", "paid"),
        type_=mysql.ENUM("new", "paid", "sent"),
        existing_nullable=False,
    )


def downgrade():
    op.execute("SELECT 1")
