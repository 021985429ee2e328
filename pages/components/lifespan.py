"""What ends with the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lrcore.server.trainer import close_all


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    """Ends the trainers' processes: after a signal the server dies of it, and Python's own end is skipped."""
    yield
    close_all()
