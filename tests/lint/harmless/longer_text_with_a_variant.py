"""A text may be longer, and is of another type on another family of databases.

on: postgresql sqlite
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "longer_text_with_a_variant"
down_revision = None


def upgrade():
    with op.batch_alter_table("params") as batch_op:
        batch_op.alter_column(
            "value",
            existing_type=sa.String(5000),
            type_=sa.Text().with_variant(sa.dialects.oracle.CLOB, "oracle").with_variant(MEDIUMTEXT, "mysql"),
        )


def downgrade():
    op.execute("SELECT 1")
