"""The built wheel, away from the checkout."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sessionbook.deploy.export import export

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the wheel's content."""
    folder = tmp_path_factory.mktemp("wheel")
    # With the setuptools of extra dev: nothing is fetched.
    build = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder)]
    source = tmp_path_factory.mktemp("source")
    names = ["pyproject.toml", "runner", "sql", "README.md", "LICENSE"]
    subprocess.run(
        ["cp", "-r", *(str(ROOT / name) for name in names if (ROOT / name).exists()), str(source)], check=True
    )
    (source / "README.md").touch()
    done = subprocess.run([*build, str(source)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("sessionbook-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_carries_every_sql_file(site):
    def files(root):
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.sql"))

    assert files(site / "sessionbook" / "sql") == files(ROOT / "sql")


def test_installs_no_other_top_level_module(site):
    assert [path.name for path in site.iterdir() if not path.name.endswith(".dist-info")] == ["sessionbook"]


@pytest.fixture
def command(site, tmp_path):
    """The command as the wheel has it; returns what it prints."""
    program = f"import sys; sys.path.insert(0, {str(site)!r}); import sessionbook; from sessionbook import cli;"
    program += f"assert sessionbook.__file__.startswith({str(site)!r}), sessionbook.__file__; cli.main()"

    def run(*arguments):
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    return run


def test_applies_from_there(command, empty_database):
    done = json.loads(command("apply", "--json", "--dsn", empty_database))
    assert "workshop" in [copy["unit"] for copy in done["copies"]]


def test_exports_from_there(command):
    assert command("export") == export().script
