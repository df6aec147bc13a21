"""A table with a dozen rows.

on: postgresql
false: index-without-concurrently
"""

from alembic import op

revision = "index_of_a_small_table"
down_revision = None


def upgrade():
    op.create_index("ix_countries_code", "countries", ["code"])


def downgrade():
    op.drop_index("ix_countries_code")
