"""New rows of a table that is there.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "insert_some"
down_revision = None


def upgrade():
    op.execute("INSERT INTO countries (code) VALUES ('de'), ('fr'); INSERT INTO countries (code) VALUES ('it')")


def downgrade():
    op.execute("DELETE FROM countries WHERE code IN ('de', 'fr', 'it')")
