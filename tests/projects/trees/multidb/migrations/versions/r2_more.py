"""an address here, nothing there"""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_users() -> None:
    op.add_column("customers", sa.Column("email", sa.String(200)))


def downgrade_users() -> None:
    op.drop_column("customers", "email")


def upgrade_orders() -> None:
    pass


def downgrade_orders() -> None:
    pass
