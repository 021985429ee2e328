"""The connections of a server that runs the app."""

from __future__ import annotations

import asyncio
import socket

from lrcore.server.connections import send_at_once
from tests.tools.student import attended


def test_what_is_connected_and_what_connects_later_sends_at_once():
    async def options() -> list[int]:
        listening = socket.socket()  # as Streamlit makes its own: asyncio does not take it for TCP
        listening.bind(("127.0.0.1", 0))
        arrived: asyncio.Queue = asyncio.Queue()

        async def note(_, writer) -> None:
            arrived.put_nowait(writer)

        server = await asyncio.start_server(note, sock=listening)
        address = listening.getsockname()
        clients = [await asyncio.open_connection(*address)]
        served = [await arrived.get()]
        send_at_once.__wrapped__()
        clients.append(await asyncio.open_connection(*address))
        served.append(await arrived.get())
        sockets = [writer.get_extra_info("socket") for writer in served]
        found = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets]
        for writer in [*served, *(writer for _, writer in clients)]:
            writer.close()
        server.close()
        return found

    assert all(attended(options()))


def test_where_nothing_is_connected_nothing_happens():
    send_at_once.__wrapped__()
