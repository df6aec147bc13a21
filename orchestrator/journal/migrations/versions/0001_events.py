"""events

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the one table of events; it is only ever added to."""
    op.create_table(
        "orchestrate_events",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("target", sa.String(300)),
        sa.Column("revision", sa.String(100)),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index("ix_orchestrate_events_run", "orchestrate_events", ["run", "sequence"])
    op.create_index("ix_orchestrate_events_target", "orchestrate_events", ["target", "sequence"])


def downgrade() -> None:
    """Refused: what was remembered is not forgotten."""
    raise NotImplementedError("the journal is append-only; keep the file and start another")
