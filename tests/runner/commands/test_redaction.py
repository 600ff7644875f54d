"""Passwords are taken out of messages, and nothing else is."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sessionbook.redaction import redact


def complaint(conninfo):
    """What libpq says of a string that it cannot read, or of where it cannot connect."""
    with pytest.raises(psycopg.Error) as error:
        psycopg.connect(conninfo, connect_timeout=2)
    return str(error.value)


@pytest.mark.parametrize(
    "conninfo",
    [
        "postgresql://u:s3cr3t@127.0.0.1:1/d",
        "postgresql://u:s3cr3t@127.0.0.1:1:2/d",
        "postgres//u:s3cr3t@127.0.0.1:1/d",
        "postgres:/u:s3cr3t@127.0.0.1:1/d",
        "u:s3cr3t@127.0.0.1:1/d",
        "postgresql://u:s3%zzcr3t@127.0.0.1:1/d",
        "postgresql://u:s3%63r3t%zz@127.0.0.1:1/d",
        "postgresql://u:s3cr3t%00@127.0.0.1:1/d",
        "postgresql://u:s3cr3t word@127.0.0.1:1/d",
        "postgresql://u:x@s3cr3t@127.0.0.1:1/d",
        "postgresql://u:x@y:s3cr3t@127.0.0.1:1/d",
        "postgresql://u:s3cr3t/y@127.0.0.1:1/d",
        "postgresql://u:x/s3cr3t@127.0.0.1:1/d",
        "postgresql://127.0.0.1:1/d?password=s3cr3t&nope=1",
        "postgresql://127.0.0.1:1/d?password=x=s3cr3t",
        "postgresql://127.0.0.1:1/d?password=s3cr3t%zz",
        "postgresql://127.0.0.1:1/d?sslpassword=s3cr3t%zz",
        "host=127.0.0.1 port=1 password=s3cr3t",
        "host=127.0.0.1 port=1 password='s3cr3t",
        "password=x s3cr3t host=127.0.0.1 port=1",
        "password=x s3cr3t=y host=127.0.0.1 port=1",
        "password=x\\ y s3cr3t",
        "password='x' s3cr3t' host=127.0.0.1 port=1",
        "password='it's s3cr3t' host=127.0.0.1 port=1",
        "password = 'x\\'y' s3cr3t",
        'password=x y"s3cr3t',
        "password:s3cr3t host=127.0.0.1 port=1",
        "host=127.0.0.1 port=1 sslpassword=x s3cr3t",
    ],
)
def test_nothing_of_a_password_is_left(conninfo):
    said = redact(f"{complaint(conninfo)} ({conninfo})", conninfo)
    assert "s3cr3t" not in said
    assert "***" in said


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://u:s3cr3t@h/d, and again", "postgresql://u:***@h/d, and again"),
        ("postgresql+psycopg://u:a@b@h/d", "postgresql+psycopg://u:***@h/d"),
        ("host=h password=s3cr3t dbname=d", "host=h password=*** dbname=d"),
        (r"password='it\'s a \\' dbname=d", "password=*** dbname=d"),
        (r"password=a\ b dbname=d", "password=*** dbname=d"),
        ("postgresql://h/d?password=s3cr3t&user=u", "postgresql://h/d?password=***&user=u"),
        ("PASSWORD = s3cr3t", "PASSWORD = ***"),
    ],
)
def test_connection_strings_in_any_text_lose_their_passwords(text, left):
    assert redact(text) == left


@pytest.mark.parametrize(
    "conninfo",
    [
        "postgresql://postgres:postgres@127.0.0.1:1/workshop",
        "postgresql://postgres:x@127.0.0.1:1/workshop",
        "postgresql://postgres:workshop@127.0.0.1:1/workshop",
        "host=127.0.0.1 port=1 user=postgres password=127.0.0.1",
        "host=127.0.0.1 port=1 user=postgres password='workshop'",
        "host=127.0.0.1 port=1 user=postgres",
    ],
)
def test_words_that_are_a_password_too_stay(conninfo, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "sessions")
    text = f'{complaint(conninfo)}: role "postgres", table workshop.sessions, x, 127.0.0.1'
    assert redact(text, conninfo) == text


@pytest.mark.parametrize(
    ("conninfo", "named"),
    [
        ("host=h pasword=s3cr3t", "pasword"),
        ("postgresql://u:s3cr3t@h/d?nope=1", "nope"),
        ("postgresql://u:s3cr3t@h%zz/d", "h%zz"),
    ],
)
def test_what_is_wrong_with_the_rest_is_still_said(conninfo, named):
    assert f'"{named}"' in redact(complaint(conninfo), conninfo)


@pytest.mark.parametrize(
    "text", ["see https://example.org:8080/a@b", "select 'a:b@c'", "port 5432, user u@h", "no password supplied"]
)
def test_other_texts_are_left_alone(text):
    assert redact(text, "postgresql://u:s3cr3t@h/d") == text


def test_connection_string_keeps_all_but_its_password():
    conninfo = "postgresql://u:w@h:5432/w?application_name=w"
    assert redact(f"at {conninfo}!", conninfo) == "at postgresql://u:***@h:5432/w?application_name=w!"
    assert conninfo_to_dict(conninfo)["password"] == "w"


@pytest.mark.parametrize("conninfo", ["", "postgresql://u:s3cr3t@h/d"])
def test_password_that_is_no_word_is_never_printed(monkeypatch, conninfo):
    monkeypatch.setenv("PGPASSWORD", "" if conninfo else "s3cr3t")
    assert redact("it was s3cr3t all along", conninfo) == "it was *** all along"
