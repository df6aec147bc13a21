"""Some rows are changed by a session.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import orm

revision = "few_rows_by_the_orm"
down_revision = None

Base = orm.declarative_base()


class Kind(Base):
    __tablename__ = "kinds"
    name = sa.Column(sa.Text, primary_key=True)
    rank = sa.Column(sa.Integer)


def upgrade():
    session = orm.Session(bind=op.get_bind())
    session.query(Kind).filter_by(name="old").update({"rank": 2})
    session.flush()


def downgrade():
    op.execute("SELECT 1")
