"""customers"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None

log = logging.getLogger(__name__)


def upgrade():
    log.warning("making customers")
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customers")
