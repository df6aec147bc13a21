"""What is talked to: every target's database, through its own driver.

`status` must be quick, so nothing here imports SQLAlchemy or Alembic, and a driver is imported when the first
target needs it. Decides nothing and runs no project code. Probes and questions write nothing.
"""
