"""only added to

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_REFUSE = """
CREATE OR REPLACE FUNCTION orchestrate_events_are_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is only added to: % refused', TG_OP;
END
$$
"""
_TRIGGER = """
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON orchestrate_events
FOR EACH STATEMENT EXECUTE PROCEDURE orchestrate_events_are_only_added_to()
"""


def upgrade() -> None:
    """On a server, refuse changes by whoever has more rights than INSERT and SELECT; a file is its owner's."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(_TRIGGER)


def downgrade() -> None:
    """Refused: what was remembered is not forgotten."""
    raise NotImplementedError("the journal is append-only; keep the file and start another")
