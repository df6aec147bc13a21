"""What is said of an exception: above all, which of them are the database's."""

from __future__ import annotations

import sqlite3

import pymysql
import pytest
import sqlalchemy as sa

from orchestrator.worker.failure import describe


@pytest.mark.parametrize(
    "error",
    [ValueError(1205), KeyError("1205"), OSError(1205, "no"), type("Odd", (Exception,), {"errno": 1205})()],
)
def test_a_number_of_the_project_is_no_code_of_the_database(error: Exception) -> None:
    """A revision's own exception has no error code, whatever number it holds."""
    assert describe(error)["error_code"] is None


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_error_code_of_a_driver(wrapped: bool) -> None:
    """An error of a driver has its code, whether SQLAlchemy passed it on or the driver itself."""
    error: Exception = pymysql.err.OperationalError(1205, "Lock wait timeout exceeded")
    if wrapped:
        error = sa.exc.OperationalError("UPDATE t", {}, error)
    assert describe(error)["error_code"] == "1205"
    assert describe(sqlite3.OperationalError("database is locked"))["error_code"] == "SQLITE_BUSY"
