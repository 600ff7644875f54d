"""The tree of SQL files, as it is read."""

import pytest
from sessionbook.errors import PackageError
from sessionbook.package import read_package


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(PackageError):
        read_package(tmp_path / "nope")


def test_unit_without_migrations_is_refused(tree):
    tree.remove("migrations/workshop/0001_base.sql")
    tree.remove("migrations/workshop/0001_base.rollback.sql")
    with pytest.raises(PackageError):
        read_package(tree.root)


def ordered(tree, roles=True):
    return [file.key for file in read_package(tree.root).units["workshop"].files_in_order(roles)]


def test_order_is_by_kind_and_name_where_nothing_is_required(tree):
    tree.write("functions/workshop/a.sql", "select 1;")
    tree.write("grants/workshop/items.sql", "select 1;")
    assert ordered(tree) == ["functions/a", "functions/item_count", "views/labels", "grants/items"]


def test_required_files_come_first(tree):
    tree.write("functions/workshop/a.sql", "-- requires: views/labels, functions/workshop.item_count\nselect 1;")
    assert ordered(tree) == ["functions/item_count", "views/labels", "functions/a"]


@pytest.mark.parametrize("name", ["functions/nope", "functions/training.nope"])
def test_unknown_requirement_is_refused(tree, name):
    tree.write("functions/workshop/a.sql", f"-- requires: {name}\nselect 1;")
    with pytest.raises(PackageError):
        ordered(tree)


def test_cycle_is_refused(tree):
    tree.write("functions/workshop/a.sql", "-- requires: functions/b\nselect 1;")
    tree.write("functions/workshop/b.sql", "-- requires: functions/a\nselect 1;")
    with pytest.raises(PackageError):
        ordered(tree)


def test_without_roles_grants_to_ours_are_blank_and_lines_stay(tree):
    text = (
        "revoke all on a from public;\ngrant select on a to sessionbook_app,\n    sessionbook_reader;\n"
        "revoke insert on a from sessionbook_app;\ngrant select on a to theirs;\n"
    )
    tree.write("functions/workshop/a.sql", text)
    (file,) = [one for one in read_package(tree.root).units["workshop"].repeatables if one.name == "a"]
    left = file.effective(roles=False)
    assert left.split() == [
        "revoke",
        "all",
        "on",
        "a",
        "from",
        "public;",
        "grant",
        "select",
        "on",
        "a",
        "to",
        "theirs;",
    ]
    assert [line for line in left.split("\n") if line.strip()] == [text.split("\n")[0], text.split("\n")[4]]
    assert left.count("\n") == text.count("\n")
