"""From an endpoint to its family's module, and from a driver's error to one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from orchestrator.core.urls import FAMILIES, Address, parse
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import Family
from orchestrator.errors import ConfigurationError, UnavailableError


@dataclass(frozen=True, slots=True)
class Access:
    """One endpoint with its URL read and the module that talks to it."""

    endpoint: Endpoint
    address: Address
    family: Family


def access(endpoint: Endpoint) -> Access:
    """How to talk to the endpoint; ConfigurationError where the URL is none or of an unsupported family."""
    address = parse(endpoint.url.reveal())
    environment = endpoint.target.environment
    if address is None:
        raise ConfigurationError(
            "the URL is not a database URL",
            where=str(endpoint.target),
            mend=f"write the url of {environment} as dialect://user:password@host:port/database",
        )
    if address.family is None:
        raise ConfigurationError(
            f"databases of the kind {address.backend!r} are not supported",
            where=str(endpoint.target),
            mend=f"give {environment} a url of one of: {', '.join(FAMILIES)}",
        )
    module = import_module(f"{__package__}.{address.family}")  # of one family, where one is all that is used
    return Access(endpoint, address, cast(Family, module))


@contextmanager
def explained(to: Access) -> Iterator[None]:
    """Turns what the driver raises inside into UnavailableError, which holds no secret."""
    try:
        yield
    except Exception as error:
        failure = to.family.explain(error, to.endpoint, to.address)
        if failure is None:
            raise
        # The driver's error may hold the password: it must not travel along as a cause.
        raise UnavailableError(failure.detail, where=str(to.endpoint.target), mend=failure.mend) from None
