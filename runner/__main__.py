"""`python -m sessionbook`."""

from .cli import main

main()
