"""Client of a shop on Django's ORM, as an application would write it, with its own tables: the same work.

Seats are counted on the session, whose row `select_for_update` locks; an order is made in one transaction and paid in
another. `make` creates the tables and fills them.
"""

from __future__ import annotations

import datetime
import os
import random
import sys
import time

import django
from django.apps import AppConfig
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

WORKSHOPS, CREATORS, SEATS = 100, 100, 1_000_000
SESSIONS = {"order": 10, "look": 50}

given = conninfo_to_dict(os.environ["DSN"])
settings.configure(
    INSTALLED_APPS=[AppConfig("shop", sys.modules[__name__])],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": given["dbname"],
            "USER": given.get("user", ""),
            "HOST": given.get("host", ""),
            "PORT": given.get("port", ""),
            "PASSWORD": given.get("password", ""),
        }
    },
)
django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.db.models import Q, Sum  # noqa: E402
from django.utils import timezone  # noqa: E402


class Shop(models.Model):
    """What all tables of this application have in common."""

    class Meta:
        abstract = True
        app_label = "shop"


class Creator(Shop):
    """Somebody who sells."""

    name = models.CharField(max_length=200)
    last_number = models.IntegerField(default=0)


class Workshop(Shop):
    """What is sold."""

    creator = models.ForeignKey(Creator, models.PROTECT)
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=3)


class Session(Shop):
    """A date of it."""

    workshop = models.ForeignKey(Workshop, models.PROTECT)
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField()
    seats = models.IntegerField()
    taken = models.IntegerField(default=0)
    status = models.CharField(max_length=20, default="upcoming", db_index=True)


class Order(Shop):
    """What somebody bought."""

    creator = models.ForeignKey(Creator, models.PROTECT)
    number = models.CharField(max_length=20)
    customer_name = models.CharField(max_length=200)
    customer_phone = models.CharField(max_length=40, db_index=True)
    total = models.DecimalField(max_digits=10, decimal_places=3)
    status = models.CharField(max_length=20, default="pending", db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True)

    class Meta(Shop.Meta):
        constraints = (models.UniqueConstraint(fields=["creator", "number"], name="order_number_key"),)


class Item(Shop):
    """A line of an order."""

    order = models.ForeignKey(Order, models.CASCADE)
    session = models.ForeignKey(Session, models.PROTECT)
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=3)


class Enrollment(Shop):
    """A seat."""

    session = models.ForeignKey(Session, models.PROTECT)
    order = models.ForeignKey(Order, models.PROTECT)
    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40, db_index=True)
    status = models.CharField(max_length=20, default="pending", db_index=True)
    seats = models.IntegerField(default=1)
    expires_at = models.DateTimeField(null=True)


MODELS = (Creator, Workshop, Session, Order, Item, Enrollment)


def make(sessions: int) -> None:
    """Tables and rows, as many as the other side has."""
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    Creator.objects.bulk_create(Creator(name=f"Creator {n}") for n in range(CREATORS))
    Workshop.objects.bulk_create(
        Workshop(creator_id=1 + n % CREATORS, name=f"Workshop {n}", price="5.000") for n in range(1, WORKSHOPS + 1)
    )
    first = timezone.now() + datetime.timedelta(days=30)
    Session.objects.bulk_create(
        Session(
            workshop_id=1 + n // sessions,
            starts_at=first + datetime.timedelta(days=n % sessions),
            ends_at=first + datetime.timedelta(days=n % sessions, hours=2),
            seats=SEATS,
        )
        for n in range(WORKSHOPS * sessions)
    )
    with connection.cursor() as cursor:
        cursor.execute("analyze")


def order() -> None:
    """An order of one seat, made and then paid."""
    chosen = random.randint(1, WORKSHOPS * SESSIONS["order"])
    with transaction.atomic():
        session = Session.objects.select_for_update(of=("self",)).select_related("workshop").get(pk=chosen)
        if session.taken >= session.seats or session.starts_at <= timezone.now():
            raise ValueError("full")
        creator = Creator.objects.select_for_update().get(pk=session.workshop.creator_id)
        creator.last_number += 1
        creator.save(update_fields=["last_number"])
        made = Order.objects.create(
            creator=creator,
            number=f"{creator.last_number:06}",
            customer_name="Customer",
            customer_phone="+96550000000",
            total=session.workshop.price,
        )
        Item.objects.create(order=made, session=session, name=session.workshop.name, price=session.workshop.price)
        Enrollment.objects.create(
            session=session,
            order=made,
            name="Customer",
            phone="+96550000000",
            expires_at=timezone.now() + datetime.timedelta(minutes=30),
        )
        session.taken += 1
        session.status = "active"
        session.save(update_fields=["taken", "status"])
    with transaction.atomic():
        paid = Order.objects.select_for_update().get(pk=made.pk)
        paid.status, paid.paid_at = "paid", timezone.now()
        paid.save(update_fields=["status", "paid_at"])
        paid.enrollment_set.update(status="confirmed", expires_at=None)


def look() -> None:
    """Sessions of one workshop, with what is free: holds that have run out are free again."""
    now = timezone.now()
    run_out = Sum("enrollment__seats", filter=Q(enrollment__status="pending", enrollment__expires_at__lte=now))
    sessions = (
        Session.objects.filter(workshop_id=random.randint(1, WORKSHOPS))
        .select_related("workshop__creator")
        .annotate(run_out=run_out)
        .order_by("starts_at")
    )
    rows = [
        {
            "id": session.pk,
            "workshop": session.workshop.name,
            "creator": session.workshop.creator.name,
            "starts_at": session.starts_at,
            "free": session.seats - session.taken + (session.run_out or 0),
            "can_book": session.starts_at > now and session.status != "cancelled",
        }
        for session in sessions
    ]
    assert len(rows) == SESSIONS["look"], len(rows)


def main() -> None:
    """Arguments: order or look, seconds, number of the client; or make, and for which of them."""
    if sys.argv[1] == "make":
        make(SESSIONS[sys.argv[2]])
        return
    work = {"order": order, "look": look}[sys.argv[1]]
    random.seed(int(sys.argv[3]))
    work()
    print("ready", flush=True)
    sys.stdin.readline()
    done, until = 0, time.monotonic() + float(sys.argv[2])
    while time.monotonic() < until:
        work()
        done += 1
    print(done)


if __name__ == "__main__":
    main()
