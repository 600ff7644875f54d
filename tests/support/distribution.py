"""How the tests are spread over processes."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

# Files whose tests run in one process, one after another: they share a fixture that is dear, or (those of one name) the
# jobs of pg_cron, broken ones among them, which every check sees, or the site, which each process builds anew.
TOGETHER = {
    "tests/catalog/test_plpgsql.py": "plpgsql",
    "tests/cron/test_own_cluster.py": "own cluster",
    "tests/cron/test_run_details.py": "jobs",
    "tests/cron/test_sync.py": "jobs",
    "tests/integrations/test_sqlalchemy.py": "sqlalchemy",
    "tests/lifecycle/test_killed.py": "killed",
    "tests/over_http/test_training.py": "over http",
    "tests/playground/test_http.py": "playground",
    "tests/playground/test_playground.py": "playground",
    "tests/playground/test_states.py": "playground",
    "tests/runner/commands/test_wheel.py": "wheel",
    "tests/runner/demo/test_demo.py": "demo",
    "tests/runner/fleet/test_three_servers.py": "three servers",
    "tests/runner/serve/test_embedded.py": "embedded",
}

# Begun first, the slowest at the head: whoever begins one last keeps all others waiting.
SLOW = (
    "tests/migrations/test_rollback.py",
    "tests/playground/test_playground.py",
    "tests/playground/test_states.py",
    "tests/runner/fleet/test_three_servers.py",
    "tests/cron/test_runs.py",
    "tests/concurrency/test_seat_model.py",
    "tests/concurrency/test_last_seats.py",
    "tests/runner/export/test_export_psql.py",
    "tests/runner/export/test_equals_apply.py",
    "tests/runner/export/test_other_tools.py",
    "tests/runner/apply/test_rights.py",
    "tests/runner/demo/test_demo.py",
    "tests/runner/serve/test_embedded.py",
    "tests/lifecycle/test_killed.py",
    "tests/concurrency/test_killed.py",
    "tests/runner/apply/test_upgrade_under_load.py",
    "tests/workshop/test_copies.py",
    "tests/migrations/test_workshop_history.py",
    "tests/training/test_copies.py",
)


def slowness(item: pytest.Item) -> int:
    """To sort tests by, the slow files first and the rest as it is."""
    file = item.nodeid.partition("::")[0]
    return SLOW.index(file) if file in SLOW else len(SLOW)


class Scheduler(LoadScopeScheduling):
    """Gives a test to whoever is free, and the files above as a whole. (Groups by mark, which pytest-xdist has, change
    the ids of tests, so that --lf does not find them again, and pytest 9.2 passes over them in silence.)"""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)
