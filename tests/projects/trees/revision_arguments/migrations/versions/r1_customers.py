"""customers"""

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade(table, engine, width):
    assert engine.dialect.name == op.get_bind().dialect.name
    op.create_table(table, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(width)))


def downgrade(table, **_kwargs):
    op.drop_table(table)
