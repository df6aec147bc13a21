"""what SQLite does not have"""

from alembic import op
from shop.migrating import only_on

revision = "r2"
down_revision = "r1"


@only_on("postgresql")
def upgrade():
    op.execute("ALTER TABLE customers ADD COLUMN search tsvector")


@only_on("postgresql")
def downgrade():
    op.drop_column("customers", "search")
