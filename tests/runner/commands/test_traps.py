"""Traps that deploy tools are known to fall into: each has a test that springs it."""

import os
import re
from pathlib import Path

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.deploy.verify import verify

TESTS = Path(__file__).parents[2]

TRAPS = {
    "rollback file missing": (
        "runner/rollback/test_rollback.py::test_missing_rollback_file_is_refused_before_anything_goes"
    ),
    "edited applied file": "runner/apply/test_drift.py::test_edited_file_stops_the_deploy_and_is_named",
    "missing directory": "runner/commands/test_package.py::test_missing_folder_is_refused",
    "empty directory": "runner/commands/test_package.py::test_unit_without_migrations_is_refused",
    "mistyped directory": "runner/commands/test_cli.py::test_wrong_use_is_exit_2",
    "crash between DDL and mark": "runner/commands/test_traps.py::test_killed_between_ddl_and_mark_leaves_neither",
    "SIGTERM with lock held": "runner/apply/test_apply.py::test_signal_rolls_back_and_frees_the_lock",
    "orphan backend after kill": (
        "runner/apply/test_outside.py::test_killed_deployer_leaves_word_and_frees_its_lock_within_three_seconds"
    ),
    "concurrent index with a waiting deployer": (
        "runner/apply/test_outside.py::test_deployer_who_waits_does_not_stop_a_concurrent_index"
    ),
    "lock kept while waiting for another": (
        "runner/apply/test_upgrade_under_load.py::test_writer_in_the_middle_of_a_transaction_gets_to_its_end"
    ),
    "schema named like the role": "runner/apply/test_apply.py::test_schema_named_like_the_role_does_not_hide_the_books",
    "commit inside a file": ("runner/apply/test_apply.py::test_transaction_control_in_a_file_is_refused"),
    "begin as the name of a parameter": "runner/apply/test_apply.py::test_begin_as_a_name_is_let_through",
    "service in a URL with an empty path": "runner/commands/test_traps.py::test_service_in_a_url_names_the_database",
    "read-only status": "runner/commands/test_cli.py::test_status_works_where_writing_is_refused",
    "overload left by a new signature": "runner/apply/test_reapply.py::test_changed_signature_leaves_no_overload",
    "security definer lost by replacing": (
        "runner/commands/test_traps.py::test_security_definer_lost_by_replacing_is_found"
    ),
    "grants lost by dropping a view": "runner/apply/test_reapply.py::test_grants_of_others_outlive_making_a_view_again",
    "view of somebody else in the closure": (
        "runner/apply/test_reapply.py::test_foreign_dependent_of_a_view_made_again_stops_the_deploy_and_is_named"
    ),
    "same job under two users": "cron/test_sync.py::test_name_of_another_users_job_is_refused_naming_both",
    "dropped owner of a job": "cron/test_own_cluster.py::test_dropped_owner_is_found_before_it_stops_everything",
    "run details without an end": "cron/test_run_details.py::test_run_details_are_purged_also_those_without_times",
    "backlog of a job": "lifecycle/test_tick.py::test_second_runner_passes_over_what_the_first_one_moves",
    "restored dump that runs jobs": "cron/test_own_cluster.py::test_restored_dump_runs_no_job_until_it_is_told_to",
    "random key in a dump": "runner/verify/test_standby.py::test_restored_dump_is_what_was_applied",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_trap_has_its_test(trap: str) -> None:
    path, _, name = TRAPS[trap].partition("::")
    assert re.search(rf"^def {name}\(", (TESTS / path).read_text(), re.MULTILINE)


def test_killed_between_ddl_and_mark_leaves_neither(empty_database, tree, command, query, until):
    apply(empty_database, sql_root=tree.root)
    tree.write("migrations/workshop/0002_slow.sql", "create table slow (id integer);\nselect pg_sleep(60);")
    process = command.start("apply", "--dsn", empty_database)
    until(
        lambda: query(
            "select pid from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and wait_event = 'PgSleep'"
        )
    )
    process.kill()
    until(lambda: query("select pg_try_advisory_xact_lock(hashtextextended('sessionbook', 0))") == [True])
    assert query("select to_regclass('workshop.slow')::text") == [None]
    tree.write("migrations/workshop/0002_slow.sql", "create table slow (id integer);")
    assert apply(empty_database, sql_root=tree.root).copies[0].migrations == ["0002_slow"]


def test_service_in_a_url_names_the_database(empty_database, tree, command, query, tmp_path):
    info = psycopg.conninfo.conninfo_to_dict(empty_database)
    file = tmp_path / "pg_service.conf"
    file.write_text("[shop]\n" + "".join(f"{key}={value}\n" for key, value in info.items()))
    for dsn in ("postgresql:///?service=shop", "postgresql+psycopg:///?service=shop", "service=shop"):
        assert command("apply", "--dsn", dsn, env={"PGSERVICEFILE": os.fspath(file)}).returncode == 0
    assert query("select unit from sessionbook.installations") == ["workshop"]


def test_security_definer_lost_by_replacing_is_found(empty_database, tree, query):
    """Replacing resets what is not said again: by hand it shows as drift, in a file it is what the file says."""
    body = "create or replace function item_count() returns bigint language sql stable {} as 'select 7::bigint';"
    tree.write("functions/workshop/item_count.sql", body.format("security definer set search_path from current"))
    apply(empty_database, sql_root=tree.root)
    query(f"set search_path = workshop; {body.format('set search_path from current')}")
    (difference,) = verify(empty_database, sql_root=tree.root).copies[0].differences
    assert difference.object == "function item_count()"
    assert "SECURITY DEFINER" in difference.text
