"""What a release will execute and how long it takes, as the command shows it beforehand."""

from __future__ import annotations

from tests.stories.pipeline import Pipeline, told


def test_a_plan_shows_what_staging_executed(sqlite: Pipeline) -> None:
    """What ran upstream is shown with how long it took, the rest is rendered, or it is said why it cannot be."""
    release, built = sqlite, sqlite.project
    built.revision(
        "a1",
        None,
        """
        name = sa.Column("name", sa.String(9), server_default="hunter2")
        op.create_table("t", sa.Column("id", sa.Integer), name)
        for number in range(3):
            op.execute(sa.text("INSERT INTO t (id) VALUES (:id)").bindparams(id=number))
        sa.inspect(op.get_bind()).get_columns("t")
        """,
    )
    script = built.revision("a2", "a1", """op.execute("UPDATE t SET name = 'hunter2'")""")
    built.revision("a3", "a2", "if op.get_bind().scalar(sa.text('SELECT 1')): pass")
    told(release("rollout", "--through", "staging", "--yes"), 0)
    assert "hunter2" not in release.recorded()
    run, files = release.latest_run(), release.files()

    text = told(release("plan", "staging", "prod", "--sql"), 0, "name VARCHAR(9) DEFAULT '…'", f"run {run}")
    assert "INSERT INTO t (id) VALUES (?); -- 3 times" in text
    document = release("plan", "staging", "prod", "--sql", "--format", "json", check=True).json
    assert [one["origin"] for one in document["sql"]] == ["executed"] * 3
    assert {one["executed_by"] for one in document["sql"]} == {"staging"}
    assert [one["complete"] for one in document["sql"]] == [True] * 3
    (estimate,) = document["estimates"]
    assert [one["measured_in"] for one in estimate["revisions"]] == ["staging"] * 3
    assert 0 < estimate["seconds"] == estimate["targets"][0]["seconds"]

    script.write_text(script.read_text().replace("UPDATE t SET", "UPDATE t  SET"))
    (release.project.root / ".orchestrator" / "journal.db").unlink()
    told(
        release("plan", "staging", "prod", "--sql"),
        0,
        "SQL of a2 Revision a2 (rendered without a database",
        "UPDATE t SET name = '…';",
        "SQL of a3 Revision a3 (no run recorded what it executed) not known: it asks the database, and nothing",
    )
    assert release("plan", "staging", "prod", "--format", "json", check=True).json["sql"] is None
    assert release.heads("prod") is None
    assert not [path for path in release.files() - files if path.suffix != ".pyc"]
