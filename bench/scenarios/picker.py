"""Whom to invite: the list that opens with every keystroke."""

from __future__ import annotations

from functools import partial

from bench.database import Database, Lab
from bench.departments import SCHEMAS, key, on_both
from bench.measure import Comparison, Findings, Options, in_pairs

TITLE = "suggesting attendees out of 100,000 people"
ABOUT = """
`attendee_suggestions()` with its limit of 50, beside the first 50 people by name and key from an index made for it that
holds all columns shown, which knows no compliance, no groups and no class list. Three courses: one that nobody has an
item for, so that the first 50 by name are suggested, which is checked; one with few items in each state, so that the
list is made of all four groups; and one with 60,000. Five items of either of the latter have expired and not lapsed,
and 20 people are registered. If the course has items, the index shows other people than the list; the
target is the same. *By hand* the other side shows the same list, which is checked: one query of a group, or of all
four, each in the order of its index, with the items and without those registered. With a search for three letters
drawn at random, the other side is the same condition on the same table of people, in order of its index, without a
target. One client.
"""
TARGET = 2.0
LIMIT = 50

# By course: nobody's, few people's, many people's.
NOBODYS, FEW, MANY = 0, 1, 2
COURSES = {
    NOBODYS: "a course without items",
    FEW: "a course with 60 items",
    MANY: "a course with 60,000 items",
}

ROWS = f"""\
insert into courses (id, title) select {key("n")}, 'Course ' || n from generate_series(0, 2) as n;

insert into personnel (id, first_name, last_name, sort_name)
select {key("n")}, f.name, l.name, concat_ws(E'\\t', lower(l.name), lower(f.name))
from generate_series(0, {{people}} - 1) as n
cross join lateral (select initcap(translate(left(md5('f' || n), 6), '0123456789', 'ghiklmnoru')) as name) as f
cross join lateral (select initcap(translate(left(md5('l' || n), 8), '0123456789', 'ghiklmnoru')) as name) as l;

insert into compliance_items (id, personnel_id, course_id, status, expiry_date, sort_name)
select
    {key("c.course * 1000000 + n")}, p.id, {key("c.course")},
    (case n % 6 when 0 then 'NON_COMPLIANT' when 1 then 'PENDING' else 'COMPLIANT' end)::compliance_status,
    case
        when n % 6 = 2 then current_date + 1 + n / 6 % 29
        when n % 6 = 3 then current_date + 300 + n % 600
        when n % 6 = 4 and n < 30 then current_date - 1
    end,
    p.sort_name
from (values ({FEW}, 60), ({MANY}, {{people}} * 6 / 10)) as c (course, items)
cross join lateral generate_series(0, c.items - 1) as n
join personnel as p on p.id = {key("n * 7919 % {people}")};

insert into sessions (id, course_id, created_by_id)
select {key("n")}, {key("n")}, 'planner' from generate_series(0, 2) as n;

insert into session_attendees (session_id, personnel_id)
select {key("c")}, {key("n * 7919 % {people}")}
from generate_series({FEW}, {MANY}) as c cross join generate_series(60, 79) as n;
"""
INDEX = "create index on personnel (last_name, first_name, id) where deleted_at is null;\n"
TABLES = ("courses", "personnel", "compliance_items", "sessions", "session_attendees")

BY_INDEX = f"""\
select p.id, p.first_name, p.last_name from personnel as p
where p.deleted_at is null
order by p.last_name, p.first_name, p.id limit {LIMIT}"""
BY_HAND = f"""\
select p.id, p.first_name, p.last_name from personnel as p
where p.deleted_at is null and strpos(translate(p.sort_name, ' ', ''), {{search}}) > 0
order by p.sort_name, p.id limit {LIMIT}"""
LIST_OF_NOBODYS = f"""\
select p.id, p.first_name, p.last_name, c.status, c.expiry_date
from personnel as p
left join compliance_items as c on c.personnel_id = p.id and c.course_id = {key(str(NOBODYS))}
where p.deleted_at is null
    and (c.id is null or (c.status = 'COMPLIANT' and (c.expiry_date is null or c.expiry_date > current_date + 30)))
    and not exists (
        select from session_attendees as a where a.session_id = {key(str(NOBODYS))} and a.personnel_id = p.id
    )
order by p.sort_name, p.id limit {LIMIT}"""
OF_FEW = f"""\
select c.personnel_id as id, p.first_name, p.last_name, {{group}} as suggestion_group, c.status, c.expiry_date
from compliance_items as c
join personnel as p on p.id = c.personnel_id
where c.course_id = {key(str(FEW))}
    and {{condition}}
    and p.deleted_at is null
    and not exists (
        select from session_attendees as a where a.session_id = {key(str(FEW))} and a.personnel_id = p.id
    )
order by {{order}} c.sort_name, c.personnel_id limit {LIMIT}"""
GROUPS_OF_FEW = (
    "(c.status = 'NON_COMPLIANT' or (c.status = 'COMPLIANT' and c.expiry_date < current_date))",
    "c.status = 'PENDING'",
    "c.status = 'COMPLIANT' and c.expiry_date between current_date and current_date + 30",
)
LIST_OF_FEW = f"""\
select x.id, x.first_name, x.last_name, x.suggestion_group, x.status, x.expiry_date from (
    ({OF_FEW.format(group=1, condition=GROUPS_OF_FEW[0], order="")})
    union all ({OF_FEW.format(group=2, condition=GROUPS_OF_FEW[1], order="")})
    union all ({OF_FEW.format(group=3, condition=GROUPS_OF_FEW[2], order="c.expiry_date,")})
    union all ({LIST_OF_NOBODYS.replace(key(str(NOBODYS)), key(str(FEW))).replace("c.status,", "4, c.status,", 1)})
) as x limit {LIMIT}"""
LIST_OF_MANY = f"""\
select c.personnel_id as id, p.first_name, p.last_name, c.status, c.expiry_date
from compliance_items as c
join personnel as p on p.id = c.personnel_id
where c.course_id = {key(str(MANY))}
    and c.status = 'NON_COMPLIANT'
    and p.deleted_at is null
    and not exists (
        select from session_attendees as a where a.session_id = {key(str(MANY))} and a.personnel_id = p.id
    )
order by c.sort_name, c.personnel_id limit {LIMIT}"""
LISTS = {NOBODYS: LIST_OF_NOBODYS, FEW: LIST_OF_FEW, MANY: LIST_OF_MANY}
SEARCH = "chr(97 + :a) || chr(97 + :b) || chr(97 + :c)"
LETTERS = "".join(f"\\set {name} random(0, 20)\n" for name in "abc")


def run(lab: Lab, options: Options) -> Findings:
    """Measures three courses without a search, and one with."""
    people = 10_000 if options.quick else 100_000
    findings = Findings(("sessionbook", "bare"))
    with lab.database("picker") as database:
        on_both(lambda schema: database.run(ROWS.format(people=people), schema))
        database.run(INDEX, "bare_training")
        on_both(lambda schema: database.run(f"vacuum (analyze) {', '.join(TABLES)};\n", schema))
        _same_rows(database)
        searches = (
            *(
                (name, f"attendee_suggestions({key(str(course))})", BY_INDEX, TARGET)
                for course, name in COURSES.items()
            ),
            *(
                (f"{COURSES[course]}, by hand", f"attendee_suggestions({key(str(course))})", by_hand, TARGET)
                for course, by_hand in LISTS.items()
            ),
            (
                f"{COURSES[MANY]}, search",
                f"attendee_suggestions({key(str(MANY))}, {SEARCH})",
                BY_HAND.format(search=SEARCH),
                None,
            ),
        )
        for what, ours, bare, target in searches:
            letters = LETTERS if SEARCH in ours else ""
            scripts = (f"{letters}select * from {ours};\n", f"{letters}{bare};\n")
            first, second = (
                partial(database.pgbench, script, search_path=schema, seconds=options.seconds)
                for schema, script in zip(SCHEMAS, scripts, strict=True)
            )
            pairs = in_pairs(options.pairs, first, second, lambda: None)
            findings.comparisons.append(Comparison(what, "ms", pairs, target))
    return findings


def _same_rows(database: Database) -> None:
    for course, bare in ((NOBODYS, BY_INDEX), *LISTS.items()):
        suggested = f"select s.personnel_id as id from attendee_suggestions({key(str(course))}) as s"
        ours = database.value(f"select array_agg(x.id) from ({suggested}) as x", "training")
        theirs = database.value(f"select array_agg(x.id) from ({bare}) as x", "bare_training")
        assert ours == theirs, f"suggested for {COURSES[course]}: {ours}, by hand: {theirs}"
    for course, groups in ((FEW, {1: 15, 2: 10, 3: 10, 4: 15}), (MANY, {1: 50})):
        found = database.value(
            "select jsonb_object_agg(g.suggestion_group, g.people) from (select s.suggestion_group, count(*) as people "
            f"from attendee_suggestions({key(str(course))}) as s group by s.suggestion_group) as g",
            "training",
        )
        assert found == {str(group): people for group, people in groups.items()}, f"groups: {found}"
