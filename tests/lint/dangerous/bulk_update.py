"""Every object is written back at once, beside a change of the schema.

on: postgresql mysql sqlite
finds: mixed-data-and-schema
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import orm

revision = "bulk_update"
down_revision = None

Base = orm.declarative_base()


class Order(Base):
    __tablename__ = "orders"
    id = sa.Column(sa.Integer, primary_key=True)
    total = sa.Column(sa.Numeric)
    cents = sa.Column(sa.BigInteger)


def upgrade():
    op.add_column("orders", sa.Column("cents", sa.BigInteger(), nullable=True))
    session = orm.Session(bind=op.get_bind())
    rows = [{"id": order.id, "cents": int(order.total * 100)} for order in session.query(Order)]
    session.bulk_update_mappings(Order, rows)


def downgrade():
    op.execute("SELECT 1")
