"""One row, with parameters.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "insert_with_parameters"
down_revision = None


def upgrade():
    op.execute(sa.text("INSERT INTO kinds (name) VALUES (:name)").bindparams(name="new"))


def downgrade():
    op.execute("SELECT 1")
