"""A table with what only PostgreSQL has.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "table_with_a_typed_array"
down_revision = None


def upgrade():
    op.create_table(
        "notes",
        sa.Column(
            "id", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), primary_key=True
        ),
        sa.Column("words", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["orders.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_notes_words", "notes", ["words"], postgresql_using="gin")


def downgrade():
    op.execute("SELECT 1")
