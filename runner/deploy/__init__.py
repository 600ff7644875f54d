"""Deploying as a library: apply, roll back, and the questions that only read."""

from .apply import apply
from .look import plan, status
from .rollback import rollback

__all__ = ["apply", "plan", "rollback", "status"]
