"""split the names, read and written through an ORM session on Alembic's connection"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session, declarative_base

revision = "r2"
down_revision = "r1"

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customers"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(80))
    first = sa.Column(sa.String(80))
    last = sa.Column(sa.String(80))


def upgrade():
    op.add_column("customers", sa.Column("first", sa.String(80)))
    op.add_column("customers", sa.Column("last", sa.String(80)))
    session = Session(bind=op.get_bind())
    for customer in session.query(Customer).order_by(Customer.id):
        customer.first, customer.last = customer.name.split(" ")
    session.commit()


def downgrade():
    op.drop_column("customers", "first")
    op.drop_column("customers", "last")
