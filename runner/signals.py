"""SIGTERM as an exception, so that transactions end the way they do for Ctrl-C, and what stands for SIGPIPE."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# As of a process that SIGPIPE ended.
UNREAD = 141


class Terminated(KeyboardInterrupt):
    """SIGTERM came. The driver cancels its statement for this kind of exception, and the transaction rolls back."""


@contextmanager
def sigterm_raises() -> Iterator[None]:
    """Within, SIGTERM raises Terminated in the main thread."""

    def handler(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def unread() -> None:
    """Whoever read our output has enough, as `head` has: what is left of it goes nowhere, and in silence."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
