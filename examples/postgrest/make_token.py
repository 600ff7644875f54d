"""Prints a token that lets its bearer act as a role for an hour: `make_token.py sessionbook_app`.

For trying things out; otherwise the service that signs your users in makes the tokens. Signed with PGRST_JWT_SECRET.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from typing import Any


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def make_token(secret: str, **claims: Any) -> str:
    """A JSON Web Token, signed with HMAC and SHA-256."""
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


if __name__ == "__main__":
    print(make_token(os.environ["PGRST_JWT_SECRET"], role=sys.argv[1], exp=int(time.time()) + 3600))
