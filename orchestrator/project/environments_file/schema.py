"""The shape of environments.yaml: every key, what it may hold, and its description for editors.

Models only: no file is read here and no variable. Unknown keys are errors. Text that needs more than its own
field to be judged (a password of a protected environment, two names for one database) is not judged here.
"""

# Annotations are not postponed here: pydantic would compile each again, for every model that inherits it.

from typing import Annotated, Any, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from orchestrator.core.network import DEFAULT_SECONDS
from orchestrator.project.environments_file.around import AroundShape
from orchestrator.project.environments_file.fleets import TenantsShape, WavesShape
from orchestrator.project.environments_file.gates import GatesShape
from orchestrator.project.environments_file.models import OrEmpty, Shape, exactly_one, fault
from orchestrator.project.environments_file.templates import Attribute, OptionName, Template
from orchestrator.project.environments_file.types import (
    Command,
    Count,
    Duration,
    Hook,
    Identifier,
    JournalUrl,
    Kind,
    Limit,
    Mode,
    Name,
    OptionalName,
    OptionalText,
    OtherDatabases,
    Others,
    Switch,
    Text,
    Transactions,
    Url,
    Value,
    VariableName,
    Version,
    Wait,
    Word,
    WorkerKind,
)
from orchestrator.project.environments_file.webhooks import WebhookShape

_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ABSENT: Any = None
"""The default of a key that holds no null: `model_fields_set` says whether it is there."""


class TimeoutsShape(Shape):
    """How long to wait: seconds, or a text like "500ms", "10s", "2m"; `none` for no limit."""

    connect: Duration = Field(default=5.0, description="For the server to answer. Default 5.")
    network: Duration = Field(
        default=DEFAULT_SECONDS, description="Until a cut network is noticed, on both ends. Default 10."
    )
    run_lock_wait: Wait = Field(
        default=0.0, description="For another run on the same target to end. Default 0: do not."
    )
    table_lock: Limit = Field(default=10.0, description="For the application's locks, per statement. Default 10.")
    table_lock_retries: Count = Field(
        default=3, description="How often a revision that met a lock is tried again. Default 3."
    )
    statement: Limit = Field(default=None, description="For one statement to end. Default none.")


class Inherited(Shape):
    """Keys that an environment takes from `defaults`, and a database from its environment."""

    project: OptionalName = Field(default=None, description="The project whose revisions apply here.")
    variables: Annotated[dict[VariableName, Value], OrEmpty(dict)] = Field(
        default={}, description="Environment variables for the project's env.py. Added to inherited ones."
    )
    x_arguments: Annotated[list[Word], OrEmpty(list)] = Field(
        default=[],
        description="What env.py sees as alembic -x arguments, for example tenant=acme. Replaces inherited ones.",
    )
    branches: Annotated[list[Word], OrEmpty(list)] = Field(
        default=[],
        description="The labels of the branches that are followed here. Default all. Replaces inherited ones.",
    )
    labels: Annotated[dict[Text, Value], OrEmpty(dict)] = Field(
        default={}, description="What targets are chosen by, with --label. Added to inherited ones."
    )
    version_table: Identifier = Field(default="alembic_version", description="The table that holds the heads.")
    version_table_schema: Identifier | None = Field(default=None, description="The schema of that table.")
    require_tls: Switch = Field(
        default=False,
        description="Whether changes need a connection that is encrypted or stays on this machine."
        " Default: as protected.",
    )
    timeouts: Annotated[TimeoutsShape, OrEmpty(dict)] = Field(
        default=TimeoutsShape.model_construct(), description="How long to wait for what."
    )


class Connected(Inherited):
    """What says how to reach one database."""

    ways: ClassVar[tuple[str, ...]] = ("url", "url_file", "url_command")

    url: Url = Field(default=None, description="SQLAlchemy URL. Keep the password out: ${VARIABLE}.")
    url_file: OptionalText = Field(
        default=None, description="A file that holds the URL; yours alone (mode 0600) or root's."
    )
    url_command: Command = Field(
        default=None,
        description="A program and its arguments, run without a shell, that writes the URL to its output.",
    )
    tenants: TenantsShape = Field(
        default=_ABSENT, description="Many schemas or databases of this definition, each a target of its own."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [key for key in self.ways if key in self.model_fields_set]
        if not given:
            raise fault(f"has no {', no '.join(self.ways)}", "add a url")
        if len(given) > 1:
            raise fault(f"has {' and '.join(given)}", "keep exactly one of them")
        return self


class DatabaseShape(Connected):
    """One database of an environment that has several."""

    model_config = ConfigDict(json_schema_extra=exactly_one("url", "url_file", "url_command"))


class DefaultsShape(Inherited):
    """What environments take where they do not say otherwise."""

    protected: Switch = Field(
        default=False, description="Whether changing an environment takes a typed confirmation."
    )
    waves: Annotated[WavesShape, OrEmpty(dict)] = Field(
        default=WavesShape.model_construct(), description="In which waves an environment's targets are changed."
    )
    gates: Annotated[GatesShape, OrEmpty(dict)] = Field(
        default=GatesShape.model_construct(), description="What environments demand before they may change."
    )


class EnvironmentShape(AroundShape, Connected):
    """A named stage: one database, or several under `databases`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("url", "url_file", "url_command", "databases"))
    ways: ClassVar[tuple[str, ...]] = (*Connected.ways, "databases")

    databases: Annotated[dict[Name, DatabaseShape], Field(min_length=1)] = Field(
        default={}, description="Several databases, by name."
    )
    protected: Switch = Field(
        default=False, description="Whether changing it takes a typed confirmation. Default false."
    )
    waves: Annotated[WavesShape, OrEmpty(dict)] = Field(
        default=WavesShape.model_construct(),
        description="In which waves its targets are changed. Added to what defaults says.",
    )
    gates: Annotated[GatesShape, OrEmpty(dict)] = Field(
        default=GatesShape.model_construct(),
        description="What it demands before it may change. Added to what defaults says.",
    )


class InjectShape(Shape):
    """How a target reaches env.py, as templates of {url} {driver} {user} {password} {host} {port} {database}
    {environment} {name}; {{ and }} stand for braces.
    """

    options: Annotated[dict[OptionName, Template], OrEmpty(dict)] = Field(
        default={}, description="Options of the ini section; SECTION/NAME is one of another section."
    )
    variables: Annotated[dict[VariableName, Template], OrEmpty(dict)] = Field(
        default={}, description="Environment variables of env.py's process; an environment's own win."
    )
    x_arguments: Annotated[list[Template], OrEmpty(list)] = Field(
        default=[], description="Added to the environment's, as alembic -x."
    )
    attributes: Annotated[dict[Text, Attribute], OrEmpty(dict)] = Field(
        default={},
        description='Of config.attributes; "{connection}" and "{engine}" alone stand for live objects.',
    )
    redirect: Switch = Field(
        default=False, description="Lead every SQLAlchemy connection that env.py opens to the target."
    )


class ProjectShape(Shape):
    """One Alembic configuration and the Python it runs on. Paths are relative to environments.yaml."""

    config: Text = Field(
        default="alembic.ini", description="The path of alembic.ini, or package:path. Default alembic.ini."
    )
    section: Text = Field(default="alembic", description="The section of alembic.ini. Default alembic.")
    script_location: OptionalText = Field(
        default=None, description="The directory of env.py, or package:path, in place of the one in alembic.ini."
    )
    version_locations: Annotated[list[Word], OrEmpty(list)] = Field(
        default=[], description="The directories of the revision scripts, in place of those in alembic.ini."
    )
    python: OptionalText = Field(
        default=None, description="The Python that runs env.py. Default the one that runs this."
    )
    working_directory: OptionalText = Field(
        default=None, description="The directory that env.py runs in. Default that of config."
    )
    transactions: Mode = Field(
        default=Transactions.PER_REVISION,
        description="per_revision (default) commits each revision; as_env leaves it to env.py.",
    )
    inject: Annotated[InjectShape, OrEmpty(dict)] = Field(
        default=InjectShape.model_construct(), description="How a target reaches env.py, beside sqlalchemy.url."
    )
    flask_app: OptionalText = Field(
        default=None, description="The Flask app that env.py runs inside, as FLASK_APP names it."
    )
    hook: Hook = Field(
        default=None, description="module:function, called with Alembic's Config and the target before env.py."
    )
    other_databases: Others = Field(
        default=OtherDatabases.REFUSE,
        description="refuse (default) a connection to anything but the target, or allow it.",
    )
    workers: Kind = Field(
        default=WorkerKind.AUTO,
        description="Which process runs env.py: auto (default), reused, forked or fresh.",
    )


class FileShape(Shape):
    """environments.yaml: the databases of an application, and the order of promotion."""

    model_config = ConfigDict(
        title="environments.yaml of orchestrate", json_schema_extra={"$schema": _SCHEMA_DIALECT}
    )

    version: Version = Field(description="The version of this file's shape: 1.")
    environments: Annotated[dict[Name, EnvironmentShape], Field(min_length=1)] = Field(
        description="The environments, by name. Their order is the order of promotion."
    )
    projects: Annotated[dict[Name, Annotated[ProjectShape, OrEmpty(dict)]], OrEmpty(dict)] = Field(
        default={},
        description="The Alembic projects, by name. Default: one, app, with alembic.ini beside this file.",
    )
    journal: JournalUrl = Field(
        default=None, description="Where runs are recorded. Default sqlite:///.orchestrator/journal.db."
    )
    defaults: Annotated[DefaultsShape, OrEmpty(dict)] = Field(
        default=DefaultsShape.model_construct(),
        description="What environments take where they do not say otherwise.",
    )
    webhooks: Annotated[list[WebhookShape], OrEmpty(list)] = Field(
        default=[], description="Who is told of runs as they happen."
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of environments.yaml, for editors."""
    for shape in (TimeoutsShape, WavesShape, GatesShape, InjectShape, DefaultsShape):
        shape.model_rebuild()  # each is a default, which older pydantic writes out only for a model that is built
    schema: dict[str, Any] = _strict(FileShape.model_json_schema())
    return schema


def _strict(schema: Any) -> Any:
    """The schema without pydantic's titles of fields, and refusing names that no pattern allows."""
    match schema:
        case dict():
            kept = {key: _strict(item) for key, item in schema.items() if key != "title" or "properties" in schema}
            return {**kept, "additionalProperties": False} if "patternProperties" in schema else kept
        case list():
            return [_strict(item) for item in schema]
        case _:
            return schema
