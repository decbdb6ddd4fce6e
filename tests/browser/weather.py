"""Bad weather for tests: a proxy between browser and server that is dead, or loses an answer after the work."""

import asyncio
import threading
from contextlib import suppress
from typing import Self


class Weather:
    """Passes bytes on; `mood` is `fine`, `dead` (the server is gone), or `lossy` (the next answer is lost)."""

    def __init__(self, port: int) -> None:
        self.port, self.server_port = 0, port
        self.mood = "fine"
        self.lost = 0
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._open: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def set(self, mood: str) -> None:
        """Change the weather; what is open breaks off."""
        self.mood = mood
        self._loop.call_soon_threadsafe(self._break_off)

    def _break_off(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass_on, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        self._loop.run_forever()
        self._break_off()
        server.close()
        self._loop.run_until_complete(self._leave())
        self._loop.close()

    async def _leave(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, browser: asyncio.StreamReader, to_browser: asyncio.StreamWriter) -> None:
        if self.mood == "dead":
            to_browser.transport.abort()
            return
        server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
        self._open |= {to_browser, to_server}
        losing = False

        async def ask() -> None:
            nonlocal losing
            while data := await browser.read(65536):
                losing = losing or (self.mood == "lossy" and data.startswith(b"POST /api/v1/field-records "))
                to_server.write(data)
                await to_server.drain()

        async def answer() -> None:
            while data := await server.read(65536):
                if losing:
                    self.lost, self.mood = self.lost + 1, "fine"
                    to_browser.transport.abort()
                    return
                to_browser.write(data)
                await to_browser.drain()

        with suppress(OSError, asyncio.CancelledError):
            await asyncio.wait([asyncio.ensure_future(one()) for one in (ask, answer)], return_when="FIRST_COMPLETED")
        self._open -= {to_browser, to_server}
        to_browser.close()
        to_server.close()
