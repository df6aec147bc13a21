"""What a target is and how it is written. Pure: no connection, no configuration."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_DATABASE = "app"


@dataclass(frozen=True, slots=True)
class Target:
    """The unit that has heads: one database of one environment, for one tenant if it has tenants.

    Written `prod`, `prod/billing`, `prod/app@acme`; the database is left out where it is the default one.
    """

    environment: str
    database: str = DEFAULT_DATABASE
    tenant: str | None = None

    def __str__(self) -> str:
        if self.tenant is not None:
            return f"{self.environment}/{self.database}@{self.tenant}"
        if self.database != DEFAULT_DATABASE:
            return f"{self.environment}/{self.database}"
        return self.environment

    @property
    def untenanted(self) -> Target:
        """The database of the environment as it is defined, without the tenant."""
        return self if self.tenant is None else Target(self.environment, self.database)

    @classmethod
    def parse(cls, text: str) -> Target:
        """The target that `str()` wrote as `text`; any text is some target, so this never fails."""
        place, _, tenant = text.partition("@")
        environment, _, database = place.partition("/")
        return cls(environment, database or DEFAULT_DATABASE, tenant or None)
