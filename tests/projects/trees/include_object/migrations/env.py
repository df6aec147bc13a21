from alembic import context
from shop.models import metadata
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))


def include_object(item, name, type_, reflected, compare_to):
    return type_ != "table" or not name.startswith("legacy_")


def process_revision_directives(context, revision, directives):
    raise AssertionError("nothing is generated here")


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        include_name=lambda name, type_, parents: True,
        process_revision_directives=process_revision_directives,
        compare_type=True,
        compare_server_default=True,
        version_table_pk=False,
        user_module_prefix="shop.",
    )
    with context.begin_transaction():
        context.run_migrations()
