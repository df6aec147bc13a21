"""OpenStack's services: one way of keeping settings, and several of handing them to env.py."""

from __future__ import annotations

from tests.applications.application import MYSQL, SQLITE, Application

_CONNECTION = "OS_DATABASE__CONNECTION"
_PINNED = ("alembic==1.20.1", "SQLAlchemy==2.1.9", "PyMySQL==1.2.4")
_SETTINGS = """\
from oslo_config import cfg
from oslo_db import options

def wire(config, target):
    options.set_defaults(cfg.CONF)
    cfg.CONF.set_override("connection", target.url, "database")
"""
_KEYSTONE = """\
import keystone.conf

def wire(config, target):
    keystone.conf.configure()
"""
_BARBICAN = """\
def wire(config, target):
    config.barbican_sqlalchemy_url = target.url
"""
_NEUTRON = """\
from neutron.db.migration import cli

def wire(config, target):
    cli.CONF.set_override("connection", target.url, "database")
    config.neutron_config = cli.CONF
"""
_VERSIONS = "keystone.common.sql:migrations/versions"
_RELEASES = (
    "yoga/expand",
    "yoga/contract",
    "bobcat/expand",
    "bobcat/contract",
    "2024.1/expand",
    "2025.2/expand",
    "2026.1/expand",
)

KEYSTONE = Application(
    name="keystone",
    packages=("keystone==30.0.0", *_PINNED),
    drivers=SQLITE | MYSQL,
    project={
        "config": "keystone:common/sql/alembic.ini",
        "version_locations": [_VERSIONS, *(f"{_VERSIONS}/{release}" for release in _RELEASES)],
        "hook": "wiring:wire",
    },
    files={"wiring.py": _KEYSTONE},
    own=("keystone-manage", "db_sync"),
    own_variables={_CONNECTION: "{url}"},
)

GLANCE = Application(
    name="glance",
    packages=("glance==33.0.0", *_PINNED),
    drivers=SQLITE | MYSQL,
    project={"config": "glance:db/sqlalchemy/alembic_migrations/alembic.ini", "hook": "wiring:wire"},
    files={"wiring.py": _SETTINGS},
    own=("glance-manage", "db_sync"),
    own_variables={_CONNECTION: "{url}"},
)

BARBICAN = Application(
    name="barbican",
    packages=("barbican==23.0.0", *_PINNED),
    drivers=SQLITE | MYSQL,
    project={"config": "barbican:model/migration/alembic.ini", "hook": "wiring:wire"},
    files={"wiring.py": _BARBICAN},
    own=("barbican-db-manage", "--dburl", "{url}", "upgrade"),
)

HEAT = Application(
    name="heat",
    packages=("openstack-heat==27.0.1", *_PINNED),
    drivers=SQLITE | MYSQL,
    project={"config": "heat:db/alembic.ini"},
    own=("heat-manage", "db_sync"),
    own_variables={_CONNECTION: "{url}"},
)

CINDER = Application(
    name="cinder",
    packages=("cinder==29.0.0", *_PINNED),
    drivers=SQLITE | MYSQL,
    project={"config": "cinder:db/alembic.ini"},
    own=("cinder-manage", "db", "sync"),
    own_variables={_CONNECTION: "{url}"},
)

IRONIC = Application(
    name="ironic",
    packages=("ironic==39.0.0", *_PINNED),
    drivers=MYSQL,
    project={"config": "ironic:db/sqlalchemy/alembic.ini", "hook": "wiring:wire"},
    files={"wiring.py": "import ironic.conf\n" + _SETTINGS},
    own=("ironic-dbsync", "upgrade"),
    own_variables={_CONNECTION: "{url}"},
)

DESIGNATE = Application(
    name="designate",
    packages=("designate==23.0.0", *_PINNED),
    drivers=MYSQL,
    project={"config": "designate:storage/sqlalchemy/alembic.ini"},
    own=("designate-manage", "database", "sync"),
    own_variables={"OS_STORAGE:SQLALCHEMY__CONNECTION": "{url}"},
)

_NEUTRON_VERSIONS = "neutron.db.migration:alembic_migrations/versions"
_EXPANDING = (
    *("liberty", "mitaka", "newton", "ocata", "pike", "queens", "rocky", "stein", "train", "ussuri", "victoria"),
    *("wallaby", "xena", "yoga", "zed", "2023.1", "2023.2", "2024.1", "2024.2", "2025.1", "2025.2", "2026.1"),
    "2026.2",
)
_CONTRACTING = ("liberty", "mitaka", "newton")

NEUTRON = Application(
    name="neutron",
    packages=("neutron==29.0.0", *_PINNED),
    drivers=MYSQL,
    project={
        "config": "neutron:db/migration/alembic.ini",
        "version_locations": [
            _NEUTRON_VERSIONS,
            *(f"{_NEUTRON_VERSIONS}/{release}/expand" for release in _EXPANDING),
            *(f"{_NEUTRON_VERSIONS}/{release}/contract" for release in _CONTRACTING),
        ],
        "hook": "wiring:wire",
    },
    files={"wiring.py": _NEUTRON},
    own=("neutron-db-manage", "upgrade", "heads"),
    own_variables={_CONNECTION: "{url}"},
)

OPENSTACK = (KEYSTONE, GLANCE, BARBICAN, HEAT, CINDER, IRONIC, DESIGNATE, NEUTRON)
