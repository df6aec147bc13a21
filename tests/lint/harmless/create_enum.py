"""A new type, for a new table.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "create_enum"
down_revision = None


def upgrade():
    mood = sa.Enum("calm", "glad", name="mood")
    mood.create(op.get_bind(), checkfirst=True)
    op.create_table("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("mood", sa.Text))


def downgrade():
    op.drop_table("people")
