"""What the user wrote: environments.yaml, alembic.ini, revision scripts, secrets. Reads, and decides nothing."""
