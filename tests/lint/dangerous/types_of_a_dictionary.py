"""Columns get types that stand in a dictionary.

on: postgresql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "types_of_a_dictionary"
down_revision = None
TYPES = {"amount": sa.Integer(), "total": sa.Numeric(10, 2)}


def upgrade():
    for name, kind in TYPES.items():
        op.alter_column("orders", name, type_=kind, postgresql_using=f"{name}::{kind}")


def downgrade():
    op.execute("SELECT 1")
