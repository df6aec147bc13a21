"""A table goes by an element of SQLAlchemy.

on: postgresql mysql
finds: drop-table
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import DropTable

revision = "sqlalchemy_ddl"
down_revision = None


def upgrade():
    orders = sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    op.execute(DropTable(orders))


def downgrade():
    op.execute("SELECT 1")
