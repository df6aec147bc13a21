"""What is around env.py while it runs: a Flask app's context, the project's hook, live objects for the target.

All of it is made for one run and undone at its end. Connections that are made here are judged like all others.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from .halt import Halt


@dataclass(frozen=True)
class Target:
    """What a hook is told of the target: all texts, decoded; what the URL does not say is empty."""

    environment: str
    name: str
    tenant: str
    schema: str
    driver: str
    host: str
    port: str
    database: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    url: str = field(repr=False)


@contextmanager
def around(config: Config, request: dict[str, Any]) -> Iterator[None]:
    """Everything that the request asks to have in place while env.py runs."""
    with ExitStack() as stack:
        if request["flask_app"] is not None:
            stack.enter_context(_flask(request["flask_app"], config))
        if live := request["inject"]["live"]:
            objects = stack.enter_context(_live(request["url"], set(live.values())))
            config.attributes.update({name: objects[kind] for name, kind in live.items()})
        if request["hook"] is not None:
            made = _hook(request["hook"])(config, Target(**request["target"]))
            if hasattr(made, "__enter__"):
                stack.enter_context(made)
        yield


@contextmanager
def _flask(name: str, config: Config) -> Iterator[None]:
    """The context of the app that `flask --app NAME` finds; Flask-Migrate's callbacks are told the config."""
    from flask.cli import ScriptInfo  # type: ignore[import-not-found,unused-ignore]

    app = ScriptInfo(app_import_path=name).load_app()
    with app.app_context():
        migrate: Any = getattr(app.extensions.get("migrate"), "migrate", None)
        if hasattr(migrate, "call_configure_callbacks"):
            migrate.call_configure_callbacks(config)
        yield


@contextmanager
def _live(url: str, kinds: set[str]) -> Iterator[dict[str, Any]]:
    """An engine of the target's that keeps no connection, and a connection of it where one is asked for."""
    address = make_url(url)
    if getattr(address.get_dialect(), "is_async", False):
        what = f"the driver {address.drivername} is asynchronous, and an attribute's engine or connection is not"
        raise Halt("inject", what)
    engine = create_engine(url, poolclass=NullPool)
    if kinds == {"engine"}:
        yield {"engine": engine}
        return
    with engine.connect() as connection:
        yield {"engine": engine, "connection": connection}


def _hook(name: str) -> Any:
    """The function `module:function`; the directory that env.py runs in is looked through last."""
    module, _, function = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    found: Any = importlib.import_module(module)
    for part in function.split("."):
        found = getattr(found, part)
    return found
