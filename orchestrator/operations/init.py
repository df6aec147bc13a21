"""The verb `init`: a first environments.yaml, made from what the project's alembic.ini already says."""

from __future__ import annotations

import configparser
from pathlib import Path

from orchestrator.core.urls import parse
from orchestrator.errors import ConfigurationError, RefusedError
from orchestrator.project.revision_scripts import alembic_config

_TEMPLATE = """\
# The databases of this application, in the order of promotion.
# orchestrate status shows where they stand; orchestrate schema prints the JSON Schema of this file for editors.
version: 1
{projects}environments:
  dev:
    url: "{dev}"
  test:
    url: "${{TEST_DATABASE_URL}}"
  staging:
    url: "${{STAGING_DATABASE_URL}}"
  prod:
    url: "${{PROD_DATABASE_URL}}"
    protected: true          # changed only with --confirm prod, or its name typed at the prompt
"""
ENVIRONMENTS = ("dev", "test", "staging", "prod")


def init(config: Path, output: Path) -> tuple[str, ...]:
    """Write `output` for the Alembic project at `config`; returns the environments in it.

    An existing file is never replaced: RefusedError. Raises ConfigurationError where `config` is not usable.
    """
    if output.exists():
        raise RefusedError(f"{output} exists already", mend="look at it, or name another: --output FILE")
    alembic_config.read(config.absolute(), "alembic", config.absolute().parent)
    root = output.absolute().parent
    named = f"projects:\n  app: {{config: {config}}}\n" if config.absolute() != root / "alembic.ini" else ""
    try:
        output.write_text(_TEMPLATE.format(projects=named, dev=_development_url(config)))
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror}", where=str(output)) from error
    return ENVIRONMENTS


def _development_url(config: Path) -> str:
    """The URL in alembic.ini where it is a real one without a password; else a variable."""
    parser = configparser.RawConfigParser()
    parser.read(config)
    url = parser.get("alembic", "sqlalchemy.url", fallback="").replace("%%", "%")
    address = parse(url)
    usable = address is not None and address.family is not None and address.password is None and "%(" not in url
    return url if usable else "${DEV_DATABASE_URL}"
