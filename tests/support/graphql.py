"""Questions to a GraphQL layer that has drawn its fields from the catalog, and the errors that it passes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest


class Refused(Exception):
    """An error as the layer passes it on."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error.get("errcode")
        self.key = error.get("constraint")
        self.detail = error.get("detail", "")


class GraphQL:
    """Asks the layer, as sessionbook_app where nothing else is said. Names are those of the database."""

    def __init__(self, client: httpx.Client, url: str, tokens: dict[str, str]) -> None:
        self._client = client
        self._url = url
        self._tokens = tokens

    def change(self, function: str, wanted: str, role: str | None = "sessionbook_app", **arguments: Any) -> Any:
        """Calls a function that is volatile, which the layer makes a mutation of."""
        name = camel(function)
        document = (
            f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ result: {wanted} }} }}"
        )
        arguments = {camel(key): value for key, value in arguments.items()}
        return self.ask(document, role, {"input": arguments})["result"]

    def read(self, function: str, wanted: str, role: str | None = "sessionbook_app", **arguments: Any) -> Any:
        """Reads rows: of a function that is stable, of a table or of a view."""
        given = ", ".join(f"{camel(key)}: {literal(value)}" for key, value in arguments.items())
        listed = f"({given})" if given else ""
        return self.ask(f"{{ {camel(function)}{listed} {{ nodes {{ {wanted} }} }} }}", role)["nodes"]

    def ask(self, document: str, role: str | None, variables: dict[str, Any] | None = None) -> Any:
        """What the only field of a document comes to; raises Refused."""
        headers = {"Authorization": f"Bearer {self._tokens[role]}"} if role else {}
        answer = self._client.post(self._url, json={"query": document, "variables": variables}, headers=headers).json()
        if "errors" in answer:
            raise Refused(answer["errors"][0])
        (value,) = answer["data"].values()
        return value


def literal(value: Any) -> str:
    """A value as GraphQL writes it: like JSON, but names are not quoted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {literal(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@contextmanager
def refused(code: str, key: str | None) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """The block must run into this SQLSTATE with this key, both in fields of their own."""
    with pytest.raises(Refused) as error:
        yield error
    assert (error.value.code, error.value.key) == (code, key), error.value
