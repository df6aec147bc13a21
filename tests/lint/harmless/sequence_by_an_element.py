"""A sequence and a schema, by elements of SQLAlchemy.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateSchema, CreateSequence

revision = "sequence_by_an_element"
down_revision = None


def upgrade():
    op.execute(CreateSequence(sa.Sequence("order_number")))
    op.execute(CreateSchema("audit", if_not_exists=True))


def downgrade():
    op.execute("SELECT 1")
