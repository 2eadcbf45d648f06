"""`python -m marquee`."""

from marquee.cli import app

app()
