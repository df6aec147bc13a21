"""A merge of two lines.

on: postgresql mysql sqlite
"""

revision = "merge"
down_revision = None


def upgrade():
    pass


def downgrade():
    pass
