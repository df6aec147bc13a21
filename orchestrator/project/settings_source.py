"""Reads the settings from variables. The one place that imports pydantic-settings, and only where one is set.

Only os.environ is read, no .env file. Names are case-insensitive; a variable set to nothing counts as not set.
"""

from __future__ import annotations

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from orchestrator.project.settings import PREFIX, Settings


class SettingsOfVariables(BaseSettings, Settings):
    """The settings as the variables say them; raises ValidationError, or SettingsError where JSON was expected."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="ignore"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values given in code, then variables; nothing else."""
        return (init_settings, env_settings)
