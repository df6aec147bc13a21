"""how many there are, by plain SQL"""

import sqlalchemy as sa
from alembic import op

revision = "r3"
down_revision = "r2"


def upgrade():
    counts = op.create_table("counts", sa.Column("customers", sa.Integer))
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT count(*) FROM customers WHERE last IS NOT NULL")).scalar()
    connection.execute(counts.insert().values(customers=found))


def downgrade():
    op.drop_table("counts")
