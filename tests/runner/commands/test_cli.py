"""The command: exit codes, what goes to stdout, what never shows."""

import json

import psycopg
import pytest
from sessionbook.database import resolve
from sessionbook.deploy import apply, status

ERROR = {"error", "detail", "hint", "exit_code"}


def test_apply_is_exit_0_and_says_what_changed(empty_database, command):
    done = command("apply", "--dsn", empty_database)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0001_base" in done.stdout


def test_apply_prints_one_object(empty_database, command):
    first = command.json("apply", "--dsn", empty_database)
    second = command.json("apply", "--dsn", empty_database)
    assert [copy["unit"] for copy in first["copies"]] == ["workshop"]
    assert second == {"exit_code": 0, "changed": False, "copies": [], "jobs": [], "warnings": []}


def test_progress_goes_to_stderr_where_it_is_forced(empty_database, command):
    done = command("apply", "--dsn", empty_database, env={"FORCE_COLOR": "1"})
    assert done.stderr != ""
    assert command.json("apply", "--dsn", empty_database, env={"FORCE_COLOR": "1"})["changed"] is False


def test_sql_error_is_exit_1_and_names_file_line_and_code(empty_database, tree, command):
    tree.write("migrations/workshop/0001_base.sql", "-- ä\nselect 1;\nselect 'ü',\n  nope;")
    done = command("apply", "--dsn", empty_database)
    assert done.returncode == 1
    assert "migrations/workshop/0001_base.sql:4: 42703" in done.stderr


def test_sql_error_prints_one_object(empty_database, tree, command):
    tree.write("migrations/workshop/0001_base.sql", "select\nnope;")
    answer = command.json("apply", "--dsn", empty_database)
    assert (answer["exit_code"], answer["sqlstate"], answer["line"]) == (1, "42703", 2)
    assert answer["file"] == "migrations/workshop/0001_base.sql"


def test_error_without_a_position_names_the_line_of_its_statement(empty_database, tree, command):
    tree.write("migrations/workshop/0001_base.sql", "-- a; b\nselect 1;\n\n-- c\nselect 1 /\n    0;\n\nselect 2;")
    assert command.json("apply", "--dsn", empty_database)["line"] == 5


def test_warning_of_the_server_is_shown(empty_database, tree, command):
    tree.write("migrations/workshop/0002_warning.sql", "do $$ begin raise warning 'look here'; end $$;")
    assert command.json("apply", "--dsn", empty_database)["warnings"] == ["look here"]


def test_error_inside_a_function_says_where(empty_database, tree, command):
    tree.write("migrations/workshop/0001_base.sql", "do $$\nbegin\n    perform 1 / 0;\nend $$;")
    answer = command.json("apply", "--dsn", empty_database)
    assert "line 3" in answer["detail"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nope"],
        ["--unit", "nope"],
        ["--schema", "workshop"],
        ["--schema", "workshop=a", "--schema", "workshop=b"],
        ["--lock-timeout", "soon"],
    ],
)
def test_wrong_use_is_exit_2(empty_database, command, arguments):
    assert command("apply", "--dsn", empty_database, *arguments).returncode == 2


def test_broken_package_is_exit_2(empty_database, tree, command):
    tree.write("migrations/workshop/0002_more.sql", "-- depends: 0001_elsewhere\nselect 1;")
    assert command.json("apply", "--dsn", empty_database).keys() == ERROR


def test_status_is_exit_3_while_something_is_pending(empty_database, tree, command):
    assert command("status", "--dsn", empty_database).returncode == 3
    apply(empty_database, sql_root=tree.root)
    assert command("status", "--dsn", empty_database).returncode == 0


def test_lock_is_exit_5(empty_database, command, query):
    query("select pg_advisory_lock(hashtextextended('sessionbook', 0))")
    assert command("apply", "--dsn", empty_database, "--lock-wait", "0").returncode == 5


def test_status_writes_nothing(empty_database, tree, command, query):
    command("status", "--dsn", empty_database)
    command("plan", "--dsn", empty_database)
    assert query("select nspname from pg_namespace where nspname in ('workshop', 'sessionbook')") == []


def test_status_takes_no_lock(empty_database, command, query):
    query("select pg_advisory_lock(hashtextextended('sessionbook', 0))")
    assert command("status", "--dsn", empty_database).returncode == 3


def test_status_works_where_writing_is_refused(empty_database, tree):
    apply(empty_database, sql_root=tree.root)
    read_only = psycopg.conninfo.make_conninfo(empty_database, options="-c default_transaction_read_only=on")
    assert status(read_only, sql_root=tree.root).exit_code == 0


def test_plan_lists_files_in_order(empty_database, tree, command):
    answer = command.json("plan", "--dsn", empty_database)
    assert [step["path"] for step in answer["copies"][0]["steps"]] == [
        "migrations/workshop/0001_base.sql",
        "functions/workshop/item_count.sql",
        "views/workshop/labels.sql",
    ]
    apply(empty_database, sql_root=tree.root)
    assert command.json("plan", "--dsn", empty_database)["copies"] == []


def test_plan_of_one_changed_function_is_one_line(empty_database, tree, command):
    apply(empty_database, sql_root=tree.root)
    path = tree.root / "functions/workshop/item_count.sql"
    path.write_text(path.read_text("utf-8") + "-- again\n", encoding="utf-8")

    said = command("plan", "--dsn", empty_database)

    # The tree has no unit lifecycle, which jobs need.
    assert [line for line in said.stdout.splitlines() if not line.startswith("jobs: ")] == [
        "workshop: functions/workshop/item_count.sql (changed)"
    ]


def test_plan_prints_the_text_on_request(empty_database, command):
    assert "create table items" in command("plan", "--sql", "--dsn", empty_database).stdout


def test_database_url_is_used_where_no_dsn_is_given(empty_database, command):
    assert command("apply", env={"DATABASE_URL": empty_database}).returncode == 0


def test_driver_in_the_scheme_is_passed_over():
    assert resolve("postgresql+psycopg://u@h/d") == "postgresql://u@h/d"


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:s3cr3t@127.0.0.1:1/d",
        "host=127.0.0.1 port=1 user=u password=s3cr3t",
        "postgresql://u:s3cr3t@127.0.0.1:1:2/d",
        "postgres//u:s3cr3t@127.0.0.1:1/d",
        "host=127.0.0.1 port=1 user=u password='s3cr3t",
        "postgresql://127.0.0.1:1/d?user=u&password=s3cr3t&nope=1",
    ],
)
def test_password_is_never_printed(command, dsn):
    done = command("apply", "--dsn", dsn)
    answer = command("apply", "--json", "--dsn", dsn)
    assert done.returncode == answer.returncode == 1
    assert json.loads(answer.stdout)["error"]
    assert "s3cr3t" not in done.stdout + done.stderr + answer.stdout + answer.stderr


def test_plan_prints_everything_that_would_be_sent(empty_database, tree, command):
    tree.write("roles/first.sql", "select 'a role';")
    said = command("plan", "--sql", "--dsn", empty_database).stdout
    assert said.index("a role") < said.index("create table items") < said.index("create or replace view labels")
    assert "set search_path = workshop" in said


def test_plan_names_what_would_be_dropped(empty_database, tree, command):
    apply(empty_database, sql_root=tree.root)
    tree.remove("views/workshop/labels.sql")
    assert "drop view labels;" in command("plan", "--sql", "--dsn", empty_database).stdout


def test_names_are_whole_at_80_columns(empty_database, tree, command):
    name = "0002_a_rather_long_name_of_a_migration"
    tree.write(f"migrations/workshop/{name}.sql", "select 1;")
    said = command("status", "--dsn", empty_database, env={"COLUMNS": "80", "FORCE_COLOR": "1"}).stdout
    assert "…" not in said
