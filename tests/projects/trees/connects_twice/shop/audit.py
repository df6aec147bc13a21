"""Where the application notes what was done to its data."""

from sqlalchemy import create_engine, text

engine = create_engine("sqlite:///audit.db")


def note(what):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS audit (what VARCHAR(80))"))
        connection.execute(text("INSERT INTO audit VALUES (:what)"), {"what": what})
