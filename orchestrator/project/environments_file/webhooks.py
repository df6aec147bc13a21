"""The shape of `webhooks`: who is told of runs. Models only; nothing is sent here."""

# Annotations are not postponed here: pydantic would compile each again, for every model that inherits it.

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema

from orchestrator.core.events import EventKind
from orchestrator.core.secrets import Secret
from orchestrator.core.webhooks import EVENTS, USUAL, Webhook
from orchestrator.errors import Problem
from orchestrator.project.environments_file.models import OrEmpty, Shape, fault
from orchestrator.project.environments_file.types import given
from orchestrator.project.environments_file.url_rules import has_clear_password
from orchestrator.project.environments_file.variables import Expansion, FromVariables, Unresolved, unset
from orchestrator.project.environments_file.wording import Place, near
from orchestrator.project.environments_file.yaml_file import Document


def _address(value: Any) -> Any:
    text = given(value)
    if not isinstance(text, str) or isinstance(text, Unresolved):
        return text
    try:
        parts = urlsplit(text)
        good = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
        )
    except ValueError:
        good = False
    if not good:
        raise fault("is no address of the web", "write https://host/path")
    if has_clear_password(text) and not isinstance(value, FromVariables):
        raise fault("holds a password in clear", 'write "${HOOK_URL}" and export it')
    return text


def _secret(value: Any) -> Any:
    if not isinstance(given(value), FromVariables):
        raise fault("stands in clear", 'write "${HOOK_SECRET}" and export it')
    return value


def _event(value: Any) -> Any:
    if value not in EVENTS:
        raise fault("is no event of a run that is told", near(str(value), EVENTS))
    return EventKind(value)


_STRING: dict[str, Any] = {"type": "string", "minLength": 1}
_REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"\$\{"}
Address = Annotated[str, BeforeValidator(_address), WithJsonSchema(_STRING)]
Signing = Annotated[str | None, BeforeValidator(_secret), WithJsonSchema(_REFERENCE)]
Told = Annotated[EventKind, BeforeValidator(_event), WithJsonSchema({"enum": list(EVENTS)})]


class WebhookShape(Shape):
    """An address that is told of runs as they happen."""

    url: Address = Field(description="Where each event is posted to, as JSON. It may be a secret: ${HOOK_URL}.")
    events: Annotated[list[Told], OrEmpty(list)] = Field(
        default=list(USUAL), description=f"Which events. Default {', '.join(USUAL)}."
    )
    secret: Signing = Field(default=None, description="What deliveries are signed with: ${HOOK_SECRET}.")


def webhooks_of(shapes: Iterable[WebhookShape]) -> tuple[Webhook, ...]:
    """Those of the file; what a variable that is not set stands for is no address yet."""
    return tuple(
        Webhook(Secret(shape.url), frozenset(shape.events), Secret(shape.secret) if shape.secret else None)
        for shape in shapes
    )


def unset_in_webhooks(document: Document, expansions: Mapping[Place, Expansion]) -> tuple[Problem, ...]:
    """The variables that webhooks need and that are not set: whoever begins a run wants them."""
    there = ((place, found) for place, found in expansions.items() if place[:1] == ("webhooks",))
    return tuple(problem for place, found in there for problem in unset(document, place, found))
