"""by kind

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """What gates ask for, approvals and vetoes, is found without reading every event."""
    op.create_index("ix_orchestrate_events_kind", "orchestrate_events", ["kind", "sequence"])


def downgrade() -> None:
    """Refused: what was remembered is not forgotten."""
    raise NotImplementedError("the journal is append-only; keep the file and start another")
