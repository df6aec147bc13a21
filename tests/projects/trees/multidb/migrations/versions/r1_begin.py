"""customers here, orders there"""

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_users() -> None:
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade_users() -> None:
    op.drop_table("customers")


def upgrade_orders() -> None:
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade_orders() -> None:
    op.drop_table("orders")
