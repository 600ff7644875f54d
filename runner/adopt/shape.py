"""Tables of a schema as data, worded as where that schema is the search_path: so two schemas can be compared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..database import Connection
from .quoting import quote


@dataclass(frozen=True)
class Table:
    """A table without what is in it."""

    comment: str | None
    options: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        type: with length and precision.
        required: not null.
        identity: a (always), d (by default) or empty.
        generated: s (stored), v (virtual) or empty.
        default: expression of a default or of what is generated; None: neither.
        comment: None: none.
    """

    type: str
    required: bool
    identity: str
    generated: str
    default: str | None
    comment: str | None

    @property
    def fills_itself(self) -> bool:
        """Whether rows that are there get a value when it is added."""
        return not self.required or self.default is not None or bool(self.identity)

    def definition(self) -> str:
        """As `create table` and `add column` take it."""
        parts = [self.type]
        if self.generated:
            parts.append(f"generated always as ({self.default}) stored")
        elif self.identity:
            parts.append(f"generated {'always' if self.identity == 'a' else 'by default'} as identity")
        elif self.default is not None:
            parts.append(f"default {self.default}")
        if self.required:
            parts.append("not null")
        return " ".join(parts)


@dataclass(frozen=True)
class Constraint:
    """A constraint.

    Attributes:
        kind: p, u, f, c or x as in pg_constraint.
        definition: as `add constraint` takes it.
        columns: those it is about.
        table: that a foreign key refers to, or None.
        others: its columns there.
        condition: of a check, or of the rows that an exclusion is about.
        exclusion: expressions with the operators that no two rows may meet.
        comment: None: none.
    """

    kind: str
    definition: str
    columns: tuple[str, ...]
    table: str | None
    others: tuple[str, ...]
    condition: str | None
    exclusion: tuple[tuple[str, str], ...]
    comment: str | None

    @property
    def meaning(self) -> str:
        """The same for constraints that differ in name alone."""
        return _bare(self.definition)


@dataclass(frozen=True)
class Index:
    """An index that no constraint stands on.

    Attributes:
        definition: the statement that makes it.
        keys: columns and expressions.
        columns: that keys and condition are about.
        condition: of a partial one.
        unique: two rows cannot be the same.
        name: its name.
        comment: None: none.
    """

    definition: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    condition: str | None
    unique: bool
    name: str
    comment: str | None

    @property
    def meaning(self) -> str:
        """The same for indexes that differ in name alone."""
        return _bare(self.definition.replace(f"INDEX {quote(self.name)} ON", "INDEX ON", 1))


Key = tuple[str, str]


@dataclass
class Shape:
    """What a schema holds of tables, and labels of enums. Columns, constraints and indexes are by table and name."""

    comment: str | None = None
    types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    columns: dict[Key, Column] = field(default_factory=dict)
    constraints: dict[Key, Constraint] = field(default_factory=dict)
    indexes: dict[Key, Index] = field(default_factory=dict)

    def of(self, table: str, kind: Mapping[Key, object]) -> list[str]:
        """Names of what a table has of one kind, in the order of the catalog."""
        return [name for owner, name in kind if owner == table]

    def key(self, table: str) -> tuple[str, ...]:
        """Columns of a table's primary key."""
        return next((c.columns for (t, _), c in self.constraints.items() if t == table and c.kind == "p"), ())


def _bare(definition: str) -> str:
    # Parentheses and casts of literals come and go with a dump and restore.
    return re.sub(r"[()\s]|::(?:text|character varying)(?:\[\])?", "", definition)


def same(one: str | None, other: str | None) -> bool:
    """Whether two expressions say the same."""
    return one == other or (one is not None and other is not None and _bare(one) == _bare(other))


def read_shape(connection: Connection, schema: str) -> Shape:
    """Reads the tables of a schema.

    Args:
        connection: any; its search_path is pg_catalog afterwards.
        schema: its name.

    Returns:
        What they are.
    """
    shape = Shape()
    connection.execute("select set_config('search_path', %s, false)", [f"{quote(schema)}, pg_temp"])
    try:
        values = {"schema": schema}
        for comment in connection.execute(_SCHEMA_SQL.encode(), values):
            shape.comment = comment[0]
        for name, labels in connection.execute(_TYPES_SQL.encode(), values):
            shape.types[name] = tuple(labels)
        for name, comment, options in connection.execute(_TABLES_SQL.encode(), values):
            shape.tables[name] = Table(comment, tuple(options))
        for table, name, *rest in connection.execute(_COLUMNS_SQL.encode(), values):
            shape.columns[table, name] = Column(*rest)
        for table, name, kind, text, columns, to, others, condition, keys, operators, comment in connection.execute(
            _CONSTRAINTS_SQL.encode(), values
        ):
            exclusion = tuple(zip(keys, operators, strict=True))
            shape.constraints[table, name] = Constraint(
                kind, text, tuple(columns), to, tuple(others), condition, exclusion, comment
            )
        for table, name, text, keys, columns, condition, unique, comment in connection.execute(
            _INDEXES_SQL.encode(), values
        ):
            shape.indexes[table, name] = Index(text, tuple(keys), tuple(columns), condition, unique, name, comment)
    finally:
        if not connection.broken and connection.info.transaction_status.name != "INERROR":
            connection.execute("set search_path = pg_catalog, pg_temp")
    return shape


_SCHEMA_SQL = "select obj_description(n.oid, 'pg_namespace') from pg_namespace as n where n.nspname = %(schema)s"

_TYPES_SQL = """
select t.typname, array_agg(e.enumlabel::text order by e.enumsortorder)
from pg_type as t
inner join pg_namespace as n on n.oid = t.typnamespace
inner join pg_enum as e on e.enumtypid = t.oid
where n.nspname = %(schema)s
group by t.oid, t.typname
order by t.oid
"""

_TABLES = """
    pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace and n.nspname = %(schema)s and c.relkind = 'r'
"""

_TABLES_SQL = f"""
select c.relname, obj_description(c.oid, 'pg_class'), coalesce(c.reloptions, '{{}}')
from {_TABLES}
order by c.oid
"""  # noqa: S608

_COLUMNS_SQL = f"""
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
    a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
from {_TABLES}
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
order by c.oid, a.attnum
"""  # noqa: S608

_CONSTRAINTS_SQL = f"""
select c.relname, k.conname, k.contype::text, pg_get_constraintdef(k.oid),
    array(
        select a.attname::text
        from unnest(k.conkey) with ordinality as u (attnum, place)
        inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum
        order by u.place
    ),
    (
        select case r.relnamespace when c.relnamespace then r.relname::text else r.oid::regclass::text end
        from pg_class as r
        where r.oid = k.confrelid
    ),
    array(
        select a.attname::text
        from unnest(k.confkey) with ordinality as u (attnum, place)
        inner join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.attnum
        order by u.place
    ),
    coalesce(
        pg_get_expr(k.conbin, k.conrelid),
        (select pg_get_expr(i.indpred, i.indrelid) from pg_index as i where i.indexrelid = k.conindid)
    ),
    array(
        select pg_get_indexdef(k.conindid, u.place::integer, true)
        from unnest(k.conexclop) with ordinality as u (operator, place)
        order by u.place
    ),
    array(
        select format('operator(%%I.%%s)', s.nspname, o.oprname)
        from unnest(k.conexclop) with ordinality as u (operator, place)
        inner join pg_operator as o on o.oid = u.operator
        inner join pg_namespace as s on s.oid = o.oprnamespace
        order by u.place
    ),
    obj_description(k.oid, 'pg_constraint')
from {_TABLES}
inner join pg_constraint as k on k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c', 'x')
order by position(k.contype::text in 'puxcf'), c.oid, k.oid
"""  # noqa: S608

_INDEXES_SQL = f"""
select c.relname, o.relname, pg_get_indexdef(i.indexrelid, 0, true),
    array(
        select pg_get_indexdef(i.indexrelid, k, true) from generate_series(1, i.indnkeyatts) as k
    ),
    array(
        select a.attname::text
        from pg_depend as d
        inner join pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid
            and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
    ),
    pg_get_expr(i.indpred, i.indrelid), i.indisunique, obj_description(i.indexrelid, 'pg_class')
from {_TABLES}
inner join pg_index as i on i.indrelid = c.oid and i.indisvalid
inner join pg_class as o on o.oid = i.indexrelid
where not exists (
    select from pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
)
order by c.oid, i.indexrelid
"""  # noqa: S608
