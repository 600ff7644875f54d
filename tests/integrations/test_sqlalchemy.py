"""SQLAlchemy finds its way by itself: models drawn from the catalog by sqlacodegen, and work done through them."""

from __future__ import annotations

import datetime
import importlib.util
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from sqlalchemy import Engine, Table, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, configure_mappers
from sqlalchemy.types import NullType

from support.connect import libpq_env
from support.server import Server
from support.sources import units

# A session of a run names its workshop twice: by a key of its own, and with the run, so that both are of the same
# workshop. SQLAlchemy asks to be told so (overlaps=), which the tool cannot do.
NAMED_TWICE = r"relationship '\S+' will copy column \S+ to column (workshop_sessions|order_items)\.workshop_id"

# What applications work with; the tables of lifecycle are the clock's.
SCHEMAS = [unit for unit in units() if unit != "lifecycle"]


class Models:
    """What sqlacodegen wrote, by schema and table: it numbers classes whose tables have the same name."""

    def __init__(self, module: ModuleType) -> None:
        self.tables = list(module.Base.metadata.tables.values())
        self._classes = {mapper.local_table.fullname: mapper.class_ for mapper in module.Base.registry.mappers}

    def __getitem__(self, name: str) -> type:
        return self._classes[name]

    def table(self, name: str) -> Table:
        (table,) = [table for table in self.tables if table.fullname == name]
        return table


@pytest.fixture(scope="module")
def models(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Models of all units that applications work with.

    Any warning on the way is an error, but for the connection that the tool leaves open.
    """
    written = tmp_path_factory.mktemp("models") / "models.py"
    name = server.create_database(template)
    subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-m", "sqlacodegen",
         "--schemas", ",".join(SCHEMAS), "--outfile", written, "postgresql+psycopg://"],
        env={**os.environ, **libpq_env(server.dsn(name))}, check=True,
    )  # fmt: skip
    server.drop_database(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", NAMED_TWICE)
        module = load(written)
        configure_mappers()
    return Models(module)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Annotations are looked up by the module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Connections of the role for applications that write tables by themselves."""

    def connect() -> psycopg.Connection:
        conn = psycopg.connect(database, autocommit=True)
        conn.execute("set role sessionbook_writer")
        conn.autocommit = False
        return conn

    engine = create_engine("postgresql+psycopg://", creator=connect)
    yield engine
    engine.dispose()


@pytest.fixture
def orm(engine: Engine) -> Iterator[Session]:
    """A session of SQLAlchemy's, with warnings turned into errors."""
    with warnings.catch_warnings(), Session(engine) as session:
        warnings.simplefilter("error")
        yield session


def test_all_tables_and_views_are_modelled(models: Models, installed: psycopg.Connection) -> None:
    there = installed.execute(
        "select c.relnamespace::regnamespace || '.' || c.relname from pg_catalog.pg_class as c"
        " where c.relnamespace::regnamespace::text = any(%s) and c.relkind in ('r', 'v')",
        [SCHEMAS],
    ).fetchall()
    assert sorted(table.fullname for table in models.tables) == sorted(name for (name,) in there)


def test_all_tables_and_views_are_read(models: Models, orm: Session) -> None:
    orm.execute(text("reset role"))  # some are for the owner only
    for table in models.tables:
        orm.execute(select(table)).all()


def test_no_column_is_of_a_type_that_is_not_known(models: Models) -> None:
    unknown = [str(column) for table in models.tables for column in table.columns if isinstance(column.type, NullType)]
    assert unknown == []


def test_draft_is_planned(models: Models, orm: Session) -> None:
    course = models["training.courses"](title="First aid", validity_months=12)
    person = models["training.personnel"](first_name="Noor", last_name="Haddad")
    draft = models["training.sessions"](course=course, created_by_id="frank")
    draft.session_attendees.append(models["training.session_attendees"](personnel=person))
    orm.add(draft)
    orm.commit()
    assert (draft.id[0], draft.course_id, draft.status.value, draft.trainer_id) == ("c", course.id, "DRAFT", None)
    assert [one.status.value for one in draft.session_attendees] == ["REGISTERED"]


def test_seat_is_taken_and_the_session_follows(models: Models, orm: Session) -> None:
    creator = models["workshop.creators"](name="Noor", username="noor", email="noor@example.org")
    workshop = models["workshop.workshops"](creator=creator, name="Pottery", is_active=True)
    session = models["workshop.workshop_sessions"](
        workshop=workshop,
        session_date=datetime.date(2027, 1, 4),
        start_time=datetime.time(10),
        end_time=datetime.time(12),
        max_attendees=1,
    )
    orm.add(session)
    orm.commit()
    assert session.status == "upcoming"
    session.current_attendees += 1
    orm.commit()
    assert session.status == "full"
    availability = models.table("workshop.session_availability")
    assert orm.execute(select(availability.c.available_seats)).scalar_one() == 0


def test_run_is_left_by_its_column(models: Models, orm: Session) -> None:
    """Not by the relationship, which would empty the workshop as well."""
    creator = models["workshop.creators"](name="Noor", username="noor", email="noor@example.org")
    run = models["workshop.workshop_runs"](run_name="January", start_date=datetime.date(2027, 1, 4))
    run.workshop = models["workshop.workshops"](creator=creator, name="Pottery", is_active=True)
    orm.add(run)
    orm.flush()
    session = models["workshop.workshop_sessions"](
        workshop_id=run.workshop_id,
        run_id=run.id,
        session_date=datetime.date(2027, 1, 4),
        start_time=datetime.time(10),
        end_time=datetime.time(12),
    )
    orm.add(session)
    orm.commit()
    assert session.workshop_runs is run
    session.run_id = None
    orm.commit()
    assert (session.workshop_runs, session.workshop) == (None, run.workshop)


def test_error_keeps_its_code_and_key(models: Models, orm: Session) -> None:
    course = models["training.courses"](title="First aid")
    draft = models["training.sessions"](course=course, created_by_id="frank")
    orm.add(draft)
    orm.commit()
    with pytest.raises(DBAPIError) as error:
        orm.execute(select(func.training.schedule_session(draft.id)))
    assert isinstance(error.value.orig, psycopg.Error)
    assert (error.value.orig.sqlstate, error.value.orig.diag.constraint_name) == ("PT400", "missing_field")
