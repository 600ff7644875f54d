"""What --no-roles leaves out of a file."""

import re

_STATEMENT = re.compile(r"^(?:grant|revoke)\b[^;]*;", re.IGNORECASE | re.MULTILINE)
_GRANTEES = re.compile(r"\b(?:to|from)\s+([\w\s,\"]+?)\s*(?:with\s+grant\s+option\s*)?(?:cascade|restrict)?\s*;$", re.I)


def without_role_grants(text: str) -> str:
    """Blanks grants to and revokes from sessionbook_* roles, keeping every line number.

    Args:
        text: SQL of a file.

    Returns:
        The same text with those statements, where they begin at column 0, replaced by spaces.
    """
    return _STATEMENT.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    statement = match.group()
    grantees = _GRANTEES.search(statement)
    if grantees is None:
        return statement
    names = [name.strip().strip('"') for name in grantees.group(1).split(",")]
    if not all(name.startswith("sessionbook_") for name in names):
        return statement
    return re.sub(r"\S", " ", statement)
