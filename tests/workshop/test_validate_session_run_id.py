"""A run must be one of the row's own workshop, on sessions and on order items."""

from __future__ import annotations

from uuid import uuid4

from support.errors import raises_key
from support.market import Market


def order_item(market: Market, workshop: object, run: object) -> None:
    order = market.one(
        "insert into orders (creator_id, order_number, customer_name, customer_phone)"
        " values (%s, gen_random_uuid(), 'Sara', '+965 5555 0000') returning id",
        market.creator,
    )
    market.conn.execute(
        "insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, run_id)"
        " values (%s, %s, 'Pottery', 10, 10, %s)",
        [order, workshop, run],
    )


def test_session_takes_a_run_of_its_workshop(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    session = market.session(workshop, run_id=run)
    assert market.one("select run_id from workshop_sessions where id = %s", session) == run


def test_session_refuses_a_run_of_another_workshop(market: Market) -> None:
    workshop, other = market.workshop(), market.workshop("Glazing")
    run = market.run(other)
    with raises_key("PT409", "run_workshop_mismatch") as error:
        market.session(workshop, run_id=run)
    assert error.message == f"run_id {run} does not belong to workshop {workshop}"
    assert str(other) in error.detail
    assert market.one("select count(*) from workshop_sessions") == 0


def test_session_refuses_a_run_that_is_not_there(market: Market) -> None:
    workshop = market.workshop()
    with raises_key("PT409", "run_workshop_mismatch"):
        market.session(workshop, run_id=uuid4())


def test_session_does_not_move_to_another_workshop_with_its_run(market: Market) -> None:
    workshop, other = market.workshop(), market.workshop("Glazing")
    session = market.session(workshop, run_id=market.run(workshop))
    with raises_key("PT409", "run_workshop_mismatch"):
        market.conn.execute("update workshop_sessions set workshop_id = %s where id = %s", [other, session])


def test_order_item_refuses_a_run_of_another_workshop(market: Market) -> None:
    workshop, other = market.workshop(), market.workshop("Glazing")
    own, foreign = market.run(workshop), market.run(other)
    order_item(market, workshop, own)
    with raises_key("23503", "order_items_run_id_workshop_id_fkey"):
        order_item(market, workshop, foreign)
    assert market.one("select count(*) from order_items") == 1


def test_constraint_holds_where_the_trigger_is_off(market: Market) -> None:
    run = market.run(market.workshop("Glazing"))
    workshop = market.workshop()
    market.conn.execute("alter table workshop_sessions disable trigger zz_120_validate_run_id")
    with raises_key("23503", "workshop_sessions_run_id_workshop_id_fkey"):
        market.session(workshop, run_id=run)


def test_a_run_found_right_before_does_not_hide_a_wrong_one(market: Market) -> None:
    workshop, other = market.workshop(), market.workshop("Glazing")
    run = market.run(workshop)
    with raises_key("PT409", "run_workshop_mismatch"), market.conn.transaction():
        market.session(workshop, run_id=run)
        market.session(other, run_id=run)
    assert market.one("select count(*) from workshop_sessions") == 0


def test_a_run_that_went_since_it_was_found_right_is_refused(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    with raises_key("PT409", "run_workshop_mismatch"), market.conn.transaction():
        market.session(workshop, run_id=run)
        market.conn.execute("delete from workshop_runs")
        market.session(workshop, run_id=run)
