# Everything runs in .venv, which is made on first use. Needed beforehand: python3 of 3.11 or later, with venv.
PYTHON ?= python3
# Options for what a target runs, such as ARGS='-k session_full'.
ARGS ?=
# Processes that the tests are spread over; 0: none but pytest's own.
WORKERS ?= auto
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-long lint lint-python lint-sql lint-migrations lint-prose format bench bench-quick schema-dump reference role-matrix \
	playground playground-build clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.demo ## Play a marketplace, a tutoring day and a training week on a scratch server
	$(BIN)/sessionbook demo $(ARGS)

test: .venv/.dev ## Run the tests; SESSIONBOOK_TEST_SERVER=docker, embedded, local, postgres-16 or a DSN says on which server
	$(BIN)/python -m pytest --numprocesses $(WORKERS) $(ARGS)

test-all: .venv/.dev ## Run all tests on each kind of server
	SESSIONBOOK_TEST_SERVER=local $(BIN)/python -m pytest --numprocesses $(WORKERS) $(ARGS)
	SESSIONBOOK_TEST_SERVER=postgres-16 $(BIN)/python -m pytest --numprocesses $(WORKERS) $(ARGS)
	SESSIONBOOK_TEST_SERVER=embedded $(BIN)/python -m pytest --numprocesses $(WORKERS) $(ARGS)
	SESSIONBOOK_TEST_SERVER=docker $(BIN)/python -m pytest --numprocesses $(WORKERS) $(ARGS)

test-long: .venv/.dev ## Run the races a hundred times, the kills twenty times
	SESSIONBOOK_ROUNDS=100 SESSIONBOOK_KILLS=20 SESSIONBOOK_EXAMPLES=1000 \
		$(BIN)/python -m pytest --numprocesses $(WORKERS) tests/concurrency tests/lifecycle/test_killed.py \
		tests/lifecycle/test_told_through_kills.py $(ARGS)

lint: lint-python lint-sql lint-migrations lint-prose ## Check SQL, migrations and Python (make -k lint: all findings at once)

lint-python: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-sql: .venv/.dev
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar sql

lint-migrations: .venv/.dev
	$(BIN)/squawk $$(find sql/migrations -name '*.sql' ! -name '*.rollback.sql' | sort)

lint-prose: ## Look for turns of phrase that readers stumble over
	@! git grep -nE -f tests/support/prose.txt -- '*.md' '*.sql' '*.py' '*.ts' '*.tsx'

format: .venv/.dev ## Format Python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.dev ## Measure the hot paths
	$(BIN)/python -m bench $(ARGS)

bench-quick: .venv/.dev ## Measure six of them in about two minutes, for a first look
	$(BIN)/python -m bench --quick $(ARGS)

schema-dump reference: .venv/.dev ## Write tests/schema.sql and docs/reference anew, after a meant change of the schema
	PYTHONPATH=tests $(BIN)/python -m support.schema_dump

role-matrix: .venv/.dev ## Write tests/permissions/matrix.txt anew, after a meant change of grants
	PYTHONPATH=tests:. $(BIN)/python -m support.role_matrix

playground: .venv/.playground ## Build the product for a browser tab and serve it; API=http://... puts it in front of a PostgREST
	$(BIN)/python playground/make.py serve $(if $(API),--api $(API)) $(ARGS)

playground-build: .venv/.playground ## Build it to build/playground, for any static web server
	$(BIN)/python playground/make.py build

clean: ## Remove the virtual environment and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info playground/node_modules playground/generated

$(BIN)/python:
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'python3 of 3.11 or later with venv is needed; name another one with PYTHON=' >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[embedded]'
	@touch $@

.venv/.playground: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[playground]'
	@touch $@

.venv/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
