"""The redactor of a file: it knows every secret in it, and those that drivers take from variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.core.secrets import Redactor, Secret
from orchestrator.core.targets import Target
from orchestrator.core.webhooks import Webhook
from orchestrator.project.environments_file import url_rules
from orchestrator.project.environments_file.connections import secrets_of
from orchestrator.project.environments_file.definitions import Definition

_OF_DRIVERS = ("PGPASSWORD", "MYSQL_PWD")
"""Variables whose value a driver takes as the password where the URL has none."""


def redactor_of(
    targets: Mapping[Target, Definition],
    journal: Secret,
    webhooks: Iterable[Webhook],
    variables: Mapping[str, str],
) -> Redactor:
    """What masks all of them; what is fetched later is added by whoever fetches it."""
    names = {name for target in targets for name in (target.environment, target.database)}
    redactor = Redactor(url_rules.secrets_of(journal.reveal()), names)
    redactor.add(*{secret for found in targets.values() for secret in secrets_of(found)})
    redactor.add(*(secret.reveal() for webhook in webhooks for secret in webhook.secrets))
    redactor.add(*(variables[name] for name in _OF_DRIVERS if name in variables))
    return redactor
