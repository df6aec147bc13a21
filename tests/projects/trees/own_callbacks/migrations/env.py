from alembic import context
from sqlalchemy import create_engine, text

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))


def note(ctx, step, heads, run_args, **kw):
    ctx.connection.execute(text("CREATE TABLE IF NOT EXISTS notes (revision VARCHAR(32), heads VARCHAR(80))"))
    ctx.connection.execute(
        text("INSERT INTO notes VALUES (:revision, :heads)"),
        {"revision": step.up_revision_id, "heads": " ".join(sorted(heads))},
    )


def tell(ctx, step, heads, run_args, **kw):
    print(f"{step.up_revision_id} done, {run_args}")


with engine.connect() as connection:
    context.configure(connection=connection, on_version_apply=(note, tell))
    with context.begin_transaction():
        context.run_migrations(colour="blue")
