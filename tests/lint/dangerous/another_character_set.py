"""The whole table is written anew while nobody can write.

on: mysql
finds: table-lock
"""

from alembic import op

revision = "another_character_set"
down_revision = None


def upgrade():
    for table in ("orders", "customers"):
        op.execute(f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")


def downgrade():
    op.execute("SELECT 1")
