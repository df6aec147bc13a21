"""A check that was validated says it already.

on: postgresql
"""

from alembic import op

revision = "not_null_after_the_proof"
down_revision = "validate"


def upgrade():
    op.alter_column("orders", "note", nullable=False)
    op.drop_constraint("ck_orders_note", "orders", type_="check")


def downgrade():
    op.alter_column("orders", "note", nullable=True)
