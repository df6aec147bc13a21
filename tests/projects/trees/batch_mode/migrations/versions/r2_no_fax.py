"""nobody has a fax"""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    with op.batch_alter_table("customers") as batch:
        batch.drop_column("fax")
        batch.alter_column("name", existing_type=sa.String(80), nullable=False)
        batch.create_unique_constraint("one_name", ["name"])


def downgrade():
    with op.batch_alter_table("customers") as batch:
        batch.drop_constraint("one_name")
        batch.alter_column("name", existing_type=sa.String(80), nullable=True)
        batch.add_column(sa.Column("fax", sa.String(20)))
