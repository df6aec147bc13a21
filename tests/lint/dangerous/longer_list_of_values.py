"""Two types that differ only after a hundred characters.

on: postgresql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "longer_list_of_values"
down_revision = None


def upgrade():
    op.alter_column(
        "orders",
        "state",
        existing_type=sa.Enum(
            "a_rather_long_name", "another_rather_long_name", "a_third_rather_long_name", name="state"
        ),
        type_=sa.Enum(
            "a_rather_long_name", "another_rather_long_name", "a_third_rather_long_name", "x", name="state"
        ),
    )


def downgrade():
    op.execute("SELECT 1")
