"""Connections to browsers that do not hold an answer back.

A server that listens on a socket of its own making leaves Nagle's algorithm on: of several short messages all but the
first wait until the browser's system has confirmed it, which takes up to 40 ms on Linux (uvicorn issue 3149). Every
answer of the app is some short messages.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache


@cache
def send_at_once() -> None:
    """Turns Nagle's algorithm off for the connections of this process's event loops, open or to come."""
    for each in _sockets():
        with suppress(OSError):  # closed meanwhile, or not TCP
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _sockets() -> Iterator[socket.socket]:
    """Those that listen, from which new connections inherit their options, and those that are connected."""
    for each in gc.get_objects():  # an event loop lists neither
        if issubclass(type(each), asyncio.Server):
            yield from each.sockets
        elif issubclass(type(each), asyncio.Transport):
            found = each.get_extra_info("socket")
            if found is not None:
                yield found
