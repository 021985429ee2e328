"""What begins and what ends with the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lrcore.server import cores
from lrcore.server.trainer import close_all


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    """Lets the trainers go before the server's threads, and ends their processes with it.

    After a signal the server dies of it, and Python's own end is skipped.
    """
    cores.interrupt_nobody()  # at the start: only threads that come later do as this one
    yield
    close_all()
