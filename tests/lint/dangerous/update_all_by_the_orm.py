"""The same by a session.

on: postgresql mysql sqlite
finds: update-without-where
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import orm

revision = "update_all_by_the_orm"
down_revision = None

Base = orm.declarative_base()


class Order(Base):
    __tablename__ = "orders"
    id = sa.Column(sa.Integer, primary_key=True)
    note = sa.Column(sa.Text)


def upgrade():
    session = orm.Session(bind=op.get_bind())
    session.query(Order).update({"note": ""})


def downgrade():
    op.execute("SELECT 1")
