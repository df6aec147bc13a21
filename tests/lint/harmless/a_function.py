"""A function and its trigger; what stands in them is not run.

on: postgresql
"""

from alembic import op

revision = "a_function"
down_revision = None


def upgrade():
    op.execute("""
        CREATE OR REPLACE FUNCTION touch() RETURNS trigger AS $$
        BEGIN DELETE FROM log; NEW.at = now(); RETURN NEW; END
        $$ LANGUAGE plpgsql
    """)
    op.execute("CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch()")


def downgrade():
    op.execute("DROP TRIGGER touch ON orders")
