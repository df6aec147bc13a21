"""Every object is loaded and written back, beside a change of the schema.

on: postgresql mysql sqlite
finds: non-transactional
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import orm

revision = "objects_by_a_session"
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
    for order in session.query(Order):
        order.cents = int(order.total * 100)
    session.commit()


def downgrade():
    op.execute("SELECT 1")
