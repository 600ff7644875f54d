"""Nothing of a password is shown, whatever is wrong with a connection string."""

import pytest
from sessionbook.database import place, plain_connection
from sessionbook.errors import ConnectError


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
        "postgresql://u:12/s3cr3t@127.0.0.1:1/d",
        "postgresql://u:p@s3cr3t/w@127.0.0.1:1/d",
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
def test_nothing_of_a_password_is_said(conninfo):
    with pytest.raises(ConnectError) as error:
        plain_connection(f"{conninfo}")
    said = f"{error.value} {error.value.detail} {error.value.hint}"
    assert "s3" not in said
    assert "cr3t" not in said


@pytest.mark.parametrize(
    "conninfo",
    [
        "postgresql://postgres:postgres@127.0.0.1:1/workshop",
        "host=127.0.0.1 port=1 user=postgres password=127.0.0.1",
    ],
)
def test_a_word_that_is_the_password_too_stays(conninfo):
    """Where it stands for the host."""
    with pytest.raises(ConnectError, match=r'server at "127\.0\.0\.1", port 1'):
        plain_connection(conninfo)


@pytest.mark.parametrize(
    ("conninfo", "meant"),
    [("host=h pasword=s3cr3t", "password"), ("postgresql://u:s3cr3t@h/d?aplication_name=1", "application_name")],
)
def test_a_mistyped_option_is_guessed(conninfo, meant):
    with pytest.raises(ConnectError) as error:
        place(conninfo)
    assert meant in error.value.hint
