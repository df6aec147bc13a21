"""Public applications that ship Alembic migrations, each with the way a target reaches its env.py."""

from __future__ import annotations

from tests.applications.application import MYSQL, POSTGRESQL, SQLITE, Application
from tests.applications.openstack import OPENSTACK

_OPTUNA = """\
import sys
from alembic import command
from optuna.storages._rdb.storage import _VersionManager
versions = object.__new__(_VersionManager)
versions.url = sys.argv[1]
command.upgrade(versions._create_alembic_config(), "heads")
"""

_GATEWAY = """\
import sys
from alembic import command
from mcpgateway.bootstrap_db import make_alembic_cfg
command.upgrade(make_alembic_cfg(sys.argv[1]), "heads")
"""
_GATEWAY_SECRETS = {
    "JWT_SECRET_KEY": "not-a-secret-but-long-enough-0123456789",
    "AUTH_ENCRYPTION_SECRET": "neither-a-secret-nor-short-0123456789",
}
_GNOCCHI = """\
from gnocchi import indexer, service
driver = indexer.get_driver(service.prepare_service([]))
driver.upgrade(nocreate=True)
"""
_PHOENIX = """\
import sys
from phoenix.db.migrate import migrate
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
migrate(create_async_engine(sys.argv[1], poolclass=NullPool))
"""

OPTUNA = Application(
    name="optuna",
    packages=("optuna==5.0.0", "alembic==1.20.1", "SQLAlchemy==2.1.9", "psycopg2-binary==2.9.13"),
    drivers=SQLITE | POSTGRESQL,
    project={"config": "optuna:storages/_rdb/alembic.ini", "script_location": "optuna.storages._rdb:alembic"},
    own=("python", "-c", _OPTUNA, "{url}"),
)

PLACEMENT = Application(
    name="placement",
    packages=("openstack-placement==16.0.0", "alembic==1.20.1", "SQLAlchemy==2.1.9", "PyMySQL==1.2.4"),
    drivers=SQLITE | MYSQL,
    project={
        "config": "placement:db/sqlalchemy/alembic.ini",
        "inject": {"variables": {"OS_PLACEMENT_DATABASE__CONNECTION": "{url}"}},
    },
    own=("placement-manage", "db", "sync"),
    own_variables={"OS_PLACEMENT_DATABASE__CONNECTION": "{url}"},
)

QUETZ = Application(
    name="quetz",
    packages=("quetz-server==0.10.4", "alembic==1.20.1", "SQLAlchemy==2.0.58"),
    drivers=SQLITE,
    files={"alembic.ini": "[alembic]\nscript_location = quetz:migrations\n"},
    own=("python", "-c", "import sys, quetz.cli; quetz.cli._run_migrations(sys.argv[1])", "{url}"),
)

MLFLOW = Application(
    name="mlflow",
    packages=("mlflow-skinny==3.17.2", "alembic==1.20.1", "SQLAlchemy==2.1.9"),
    drivers=SQLITE,
    project={
        "config": "mlflow:store/db_migrations/alembic.ini",
        "script_location": "mlflow.store:db_migrations",
        "hook": "first_tables:make",
    },
    files={
        "first_tables.py": (
            "from mlflow.store.db.utils import InitialBase\n"
            "from sqlalchemy import create_engine\n\n"
            "def make(config, target):\n"
            "    InitialBase.metadata.create_all(create_engine(target.url))\n"
        )
    },
    own=("mlflow", "db", "upgrade", "{url}"),
)

IHATEMONEY = Application(
    name="ihatemoney",
    packages=("ihatemoney==7.2.1", "alembic==1.20.1", "SQLAlchemy==2.0.58", "PyMySQL==1.2.4"),
    drivers=SQLITE | MYSQL,
    project={
        "config": "ihatemoney:migrations/alembic.ini",
        "script_location": "ihatemoney:migrations",
        "flask_app": "ihatemoney.run:create_app",
        "inject": {"variables": {"DATABASE_URL": "{url}"}},
    },
    environment={"variables": {"IHATEMONEY_SETTINGS_FILE_PATH": "{directory}/settings.py"}},
    files={
        "settings.py": (
            "import os\nSQLALCHEMY_DATABASE_URI = os.environ['DATABASE_URL']\nSECRET_KEY = 'of no use'\n"
        ),
    },
    own=("python", "-c", "from ihatemoney.run import create_app; create_app()"),
    own_variables={"DATABASE_URL": "{url}", "IHATEMONEY_SETTINGS_FILE_PATH": "{directory}/settings.py"},
)

MCP_GATEWAY = Application(
    name="mcp-gateway",
    packages=("mcp-contextforge-gateway==1.0.7.post20260921", "alembic==1.20.1", "SQLAlchemy==2.1.9"),
    drivers=SQLITE,
    project={"config": "mcpgateway:alembic.ini", "inject": {"variables": {"DATABASE_URL": "{url}"}}},
    environment={"variables": _GATEWAY_SECRETS},
    own=("python", "-c", _GATEWAY, "{url}"),
    own_variables={"DATABASE_URL": "{url}", **_GATEWAY_SECRETS},
)

GNOCCHI = Application(
    name="gnocchi",
    packages=(
        "gnocchi[postgresql]==4.7.1",
        "alembic==1.20.1",
        "SQLAlchemy==2.0.58",
        "SQLAlchemy-Utils==0.43.0",
        "oslo.db==18.1.1",
        "psycopg2-binary==2.9.13",
        "PyMySQL==1.2.4",
    ),
    drivers=POSTGRESQL | MYSQL,
    project={
        "config": "gnocchi:indexer/alembic/alembic.ini",
        "inject": {"variables": {"GNOCCHI_INDEXER_URL": "{url}"}},
    },
    own=("python", "-c", _GNOCCHI),
    own_variables={"GNOCCHI_INDEXER_URL": "{url}"},
)

PHOENIX = Application(
    name="phoenix",
    packages=("arize-phoenix==20.26.1", "alembic==1.20.1", "SQLAlchemy==2.1.9", "aiosqlite==0.22.1"),
    drivers={"sqlite": "sqlite+aiosqlite"},
    project={"config": "phoenix:db/alembic.ini", "script_location": "phoenix.db:migrations"},
    own=("python", "-c", _PHOENIX, "{url}"),
)

JUPYTERHUB = Application(
    name="jupyterhub",
    packages=("jupyterhub==6.1.1", "alembic==1.20.1", "SQLAlchemy==2.1.9"),
    drivers=SQLITE,
    project={"config": "jupyterhub:alembic.ini", "script_location": "jupyterhub:alembic"},
    own=(
        "python",
        "-c",
        (
            "import sys, sqlalchemy, jupyterhub.orm as orm\n"
            "orm.Base.metadata.create_all(sqlalchemy.create_engine(sys.argv[1]))"
        ),
        "{url}",
    ),
)
"""Its history starts from tables that the application makes; `own` makes those of the newest revision."""

APPLICATIONS = (OPTUNA, PLACEMENT, QUETZ, MLFLOW, IHATEMONEY, MCP_GATEWAY, GNOCCHI, PHOENIX, *OPENSTACK)
