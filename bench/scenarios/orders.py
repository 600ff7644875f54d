"""Making an order of two items."""

from __future__ import annotations

from bench.database import Database, Lab
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample
from bench.workshops import fill, key

TITLE = "making an order of two items"
ABOUT = """
`create_order(creator, name, phone, items)` with one seat each in two sessions that the items name, and the bare
statements that it stands for in one function in PL/pgSQL without a `search_path` of its own: two guarded counter
updates, the creator's next number, and inserts of the order, of two items and of two enrollments, held for half an
hour. The bare function is handed names, prices and runs, in the order of the session keys, and checks nothing. Both
write the same tables with the same triggers and indexes. 100 creators have two workshops of five sessions and 200
orders each. Commits are durable. That both make the same rows is checked first; at the end of every measurement
orders, items and enrollments must have grown by one, two and two a transaction, and the counters by two.
"""
TARGET = 0.7

CREATORS = 100
SESSIONS_EACH = 5
PRICE = "5.000"
TABLES = ("creators", "workshops", "workshop_sessions", "orders", "order_items", "enrollments", "order_counters")

# Order m of creator n is of the first sessions of both workshops.
ROWS = """\
update workshops set price = {price};

insert into orders (id, creator_id, order_number, customer_name, customer_phone, total_amount, status_ar, expires_at)
select lpad(to_hex((m - 1) * {creators} + n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid,
    lpad(m::text, 6, '0'), 'Customer', '+9655' || m, 2 * {price}, 'معلق', now() + interval '1 day'
from generate_series(1, {each}) as m
cross join generate_series(1, {creators}) as n;

insert into order_counters (creator_id, last_number)
select c.id, {each} from creators as c;

insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, session_id, run_id)
select o.id, w.id, w.name, {price}, {price}, s.id, s.run_id
from orders as o
join workshops as w on w.creator_id = o.creator_id
join workshop_sessions as s on s.workshop_id = w.id and s.session_number = 1;

insert into enrollments (
    workshop_id, order_id, session_id, student_name, student_phone, total_price, status, status_ar, expires_at
)
select i.workshop_id, o.id, i.session_id, 'Customer', o.customer_phone, {price}, 'pending', o.status_ar, o.expires_at
from orders as o
join order_items as i on i.order_id = o.id;

update workshop_sessions set current_attendees = {each} where session_number = 1;
"""

FUNCTION = """\
create function workshop.bare_order(
    p_creator_id uuid, p_name text, p_phone text, p_price numeric,
    p_session_1 uuid, p_workshop_1 uuid, p_run_1 uuid, p_name_1 text,
    p_session_2 uuid, p_workshop_2 uuid, p_run_2 uuid, p_name_2 text
)
returns orders
language plpgsql
as $function$
declare
    v_expires_at constant timestamptz := now() + interval '30 minutes';
    v_number bigint;
    v_order orders;
begin
    update workshop_sessions
    set current_attendees = current_attendees + 1
    where id = p_session_1 and current_attendees < max_attendees;
    if not found then
        raise exception 'full';
    end if;
    update workshop_sessions
    set current_attendees = current_attendees + 1
    where id = p_session_2 and current_attendees < max_attendees;
    if not found then
        raise exception 'full';
    end if;
    update order_counters
    set last_number = last_number + 1
    where creator_id = p_creator_id
    returning last_number into v_number;
    insert into orders (creator_id, order_number, customer_name, customer_phone, total_amount, expires_at)
    values (p_creator_id, lpad(v_number::text, 6, '0'), p_name, p_phone, 2 * p_price, v_expires_at)
    returning * into v_order;
    with items as (
        insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, session_id, run_id)
        values
            (v_order.id, p_workshop_1, p_name_1, p_price, p_price, p_session_1, p_run_1),
            (v_order.id, p_workshop_2, p_name_2, p_price, p_price, p_session_2, p_run_2)
        returning id, workshop_id, session_id
    )
    insert into enrollments (
        workshop_id, order_id, order_item_id, session_id, student_name, student_phone, total_price, status, expires_at
    )
    select i.workshop_id, v_order.id, i.id, i.session_id, p_name, p_phone, p_price, 'pending', v_expires_at
    from items as i;
    return v_order;
end
$function$
"""

# Workshop n is of creator 1 + n % 100; so are n and n + 100.
PICK = f"""\
\\set creator 1 + :n % {CREATORS}
\\set other :n + {CREATORS}
\\set first (:n - 1) * {SESSIONS_EACH} + :i
\\set second (:other - 1) * {SESSIONS_EACH} + :j
"""
ITEM = "jsonb_build_object('workshop_id', {workshop}, 'session_id', {session})"
ITEMS = [
    ITEM.format(workshop=key(f":{workshop}::int"), session=key(f":{session}::int"))
    for workshop, session in (("n", "first"), ("other", "second"))
]
CREATE_ORDER = f"""\
select * from create_order(
    {key(":creator::int")}, 'Customer', '+96550000000', jsonb_build_array({", ".join(ITEMS)})
);
"""
BARE = f"""\
select * from bare_order(
    {key(":creator::int")}, 'Customer', '+96550000000', {PRICE},
    {key(":first::int")}, {key(":n::int")}, {key(":n::int")}, 'Workshop ' || :n,
    {key(":second::int")}, {key(":other::int")}, {key(":other::int")}, 'Workshop ' || :other
);
"""

ANYBODY = f"\\set n random(1, {CREATORS})\n\\set i random(1, {SESSIONS_EACH})\n\\set j random(1, {SESSIONS_EACH})\n"
ONE_BY_ONE = f"\\set n :n + 7\n\\set i 1 + :n % {SESSIONS_EACH}\n\\set j 2\n"
# What was made, without keys and times of making.
MADE = """\
select
    to_jsonb(o) - array['id', 'created_at', 'updated_at', 'expires_at'],
    o.expires_at - o.created_at,
    (
        select jsonb_agg(to_jsonb(i) - array['id', 'order_id', 'created_at'] order by i.workshop_id)
        from order_items as i
        where i.order_id = o.id
    ),
    (
        select jsonb_agg(
            to_jsonb(e)
            - array['id', 'order_id', 'order_item_id', 'created_at', 'updated_at', 'enrollment_date', 'expires_at']
            || jsonb_build_object('held', e.expires_at = o.expires_at, 'taken', s.current_attendees, 'is', s.status)
            order by e.workshop_id
        )
        from enrollments as e
        join workshop_sessions as s on s.id = e.session_id
        where e.order_id = o.id
    )
from orders as o
where o.customer_phone = '+96550000000'
order by o.creator_id"""
FORGET = """\
update workshop_sessions as s set current_attendees = s.current_attendees - 1
from enrollments as e
where e.session_id = s.id and e.student_phone = '+96550000000';
delete from enrollments where student_phone = '+96550000000';
delete from order_items where order_id in (select id from orders where customer_phone = '+96550000000');
delete from orders where customer_phone = '+96550000000';
update order_counters set last_number = {each};
"""
COUNTS = """\
select
    (select count(*) from orders), (select count(*) from order_items), (select count(*) from enrollments),
    (select sum(s.current_attendees) from workshop_sessions as s),
    (select sum(c.last_number) from order_counters as c)"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures 1, 4 and 16 clients."""
    each = 20 if options.quick else 200
    findings = Findings(("sessionbook", "bare"))
    with lab.database("orders") as database:
        fill_orders(database, each)
        with database.connect("workshop") as connection:
            connection.execute(FUNCTION.encode())
        _same_rows(database, each)
        for clients in (1, 4, 16):
            pairs = in_pairs(
                options.pairs,
                lambda c=clients: order(database, CREATE_ORDER, c, options.seconds),  # type: ignore[misc]
                lambda c=clients: order(database, BARE, c, options.seconds),  # type: ignore[misc]
                lambda: settle(database),
            )
            findings.comparisons.append(Comparison(f"{clients} client{'s' * (clients > 1)}", "tps", pairs, TARGET))
    return findings


def fill_orders(database: Database, each: int) -> None:
    """Writes creators, workshops with sessions whose capacity is never reached, and so many orders of each creator."""
    fill(database, "workshop", workshops=2 * CREATORS, sessions=SESSIONS_EACH, seats=1_000_000_000)
    database.run(ROWS.format(creators=CREATORS, each=each, price=PRICE), "workshop")


def order(database: Database, body: str, clients: int, seconds: float) -> Sample:
    """One measurement; every transaction must have made an order with all that it consists of."""
    before = _counts(database)
    sample = database.pgbench(ANYBODY + PICK + body, search_path="workshop", clients=clients, seconds=seconds)
    grown = [after - so_far for after, so_far in zip(_counts(database), before, strict=True)]
    expected = [sample.transactions * rows for rows in (1, 2, 2, 2, 1)]
    assert grown == expected, f"{grown} rows in {sample.transactions} transactions"
    return sample


def _same_rows(database: Database, each: int) -> None:
    made = []
    for body in (CREATE_ORDER, BARE):
        settle(database)
        database.pgbench(ONE_BY_ONE + PICK + body, search_path="workshop", transactions=10, variables={"n": 0})
        with database.connect("workshop") as connection:
            made.append(connection.execute(MADE.encode()).fetchall())
        database.run(FORGET.format(each=each), "workshop")
    assert len(made[0]) == 10, f"{len(made[0])} orders by 10 calls"
    assert made[0] == made[1], f"not the same rows: {made}"


def _counts(database: Database) -> tuple[int, ...]:
    with database.connect("workshop") as connection:
        row = connection.execute(COUNTS.encode()).fetchone()
    assert row is not None
    return row


def settle(database: Database) -> None:
    """Vacuums and analyzes."""
    tables = ", ".join(f"workshop.{table}" for table in TABLES)
    database.run(f"vacuum (analyze) {tables};\n")
