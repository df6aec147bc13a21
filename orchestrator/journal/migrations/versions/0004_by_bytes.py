"""by bytes

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = """
substr(target, 1, {instr}(target || '@', '@') - 1) || ' ' || revision || ' ' ||
substr(body, {instr}(body, '"digest":"') + 10, 71)
"""


def upgrade() -> None:
    """Which bytes of a revision's script ran in which database is found without reading every event."""
    key = _KEY.format(instr="strpos" if op.get_bind().dialect.name == "postgresql" else "instr")
    done = "kind || '' IN ('step_applied', 'step_recovered')"
    op.execute(f"CREATE INDEX ix_orchestrate_events_bytes ON orchestrate_events (({key}), sequence) WHERE {done}")


def downgrade() -> None:
    """Refused: what was remembered is not forgotten."""
    raise NotImplementedError("the journal is append-only; keep the file and start another")
