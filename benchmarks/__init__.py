"""What commands cost, measured in pairs against the Alembic command that a person would type instead."""
