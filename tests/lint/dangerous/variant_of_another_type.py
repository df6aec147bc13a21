"""A text gets a type of its own on one family of databases.

on: mysql
finds: type-change
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "variant_of_another_type"
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
