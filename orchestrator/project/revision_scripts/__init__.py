"""alembic.ini and the revision scripts behind it, read without running them."""
