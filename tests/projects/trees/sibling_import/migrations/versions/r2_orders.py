"""orders; shares its columns with the file beside it"""

import sys
from pathlib import Path

from alembic import op

sys.path.insert(0, str(Path(__file__).parent.parent))
from columns import key

revision = "r2"
down_revision = "r1"


def upgrade():
    op.create_table("orders", key())


def downgrade():
    op.drop_table("orders")
