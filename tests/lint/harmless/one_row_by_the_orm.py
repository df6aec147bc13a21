"""One row is deleted by a session.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import orm

revision = "one_row_by_the_orm"
down_revision = None

Base = orm.declarative_base()


class Kind(Base):
    __tablename__ = "kinds"
    name = sa.Column(sa.Text, primary_key=True)


def upgrade():
    session = orm.Session(bind=op.get_bind())
    session.execute(sa.delete(Kind).where(Kind.name == "none"))
    session.flush()


def downgrade():
    op.execute("SELECT 1")
