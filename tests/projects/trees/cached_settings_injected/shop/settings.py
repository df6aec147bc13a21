"""The application's settings, read once when this module is imported."""

import os
from functools import lru_cache


class Settings:
    """Fields filled from SHOP_… variables, as pydantic-settings does it."""

    database_url: str = "sqlite:///shop.db"
    debug: bool = False

    def __init__(self):
        for field in self.__annotations__:
            setattr(self, field, os.environ.get(f"SHOP_{field.upper()}", getattr(self, field)))


@lru_cache
def get_settings():
    return Settings()


settings = get_settings()
