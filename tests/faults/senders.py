"""Devices that send known readings without end, and each delivery again until somebody says that it was taken."""

import json
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from time import sleep
from uuid import UUID

import numpy as np
import numpy.typing as npt

MINUTES = 20
"""So many minutes of each series are in a delivery."""
START = 1_514_764_800_000
"""2018-01-01T00:00:00Z in milliseconds."""
METRICS = ("operating_hours", "ambient_temperature", "power")
_MINUTE = 60_000
_RESET = 9_000
PAUSE = 0.02
"""Seconds between two deliveries of a device: many small ones, some hundred a second from all of them."""


class Sender(Thread):
    """One device: it speaks for its own assets, sends late, sends twice, and retries until it is told 201."""

    def __init__(self, number: int, port: int, headers: dict[str, str], assets: list[UUID]) -> None:
        super().__init__(name=f"sender {number}", daemon=True)
        self.number, self.port, self.headers, self.assets = number, port, headers, assets
        self.stop, self.waiting = Event(), False
        self.sent = 0
        """So many deliveries were acknowledged, each of its own stretch of time."""
        self.acknowledged = 0
        """So many answers said that a delivery was taken."""
        self.refused: list[str] = []
        self._connection: HTTPConnection | None = None

    def run(self) -> None:
        """Send two deliveries at a time, the later one first, and every third a second time."""
        place = 0
        while not self.stop.is_set():
            for turn in (place + 1, place):
                self._until_taken(turn)
            if place % 6 == 0:
                self._until_taken(place)
            place += 2
            self.sent = place
        self._hang_up()

    def _until_taken(self, place: int) -> None:
        body, key = self._body(place), f"{self.number}-{place}"
        while not self._taken(body, key if self.number % 2 else None):
            sleep(PAUSE)
        self.stop.wait(PAUSE)

    def _taken(self, body: bytes, key: str | None) -> bool:
        headers = self.headers | {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        try:
            self._connection = self._connection or HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.waiting = True
            self._connection.request("POST", "/api/v1/readings", body, headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException):
            self._hang_up()
            return False
        finally:
            self.waiting = False
        if answer.status not in {201, 503}:
            self.refused.append(f"{answer.status}: {said[:300]!r}")
            self.stop.set()
        self.acknowledged += answer.status == 201
        return answer.status != 503

    def _hang_up(self) -> None:
        with suppress(OSError):
            if self._connection:
                self._connection.close()
        self._connection = None

    def _body(self, place: int) -> bytes:
        minutes = np.arange(place * MINUTES, (place + 1) * MINUTES)
        blocks = [
            {"asset": str(asset), "metric": metric, "t": at.tolist(), "v": value.tolist()}
            for number, asset in enumerate(self.assets)
            for metric in METRICS
            for at, value in [measured(metric, minutes, self.number * 100 + number)]
        ]
        return json.dumps({"series": blocks}).encode()


def measured(
    metric: str, minutes: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Give what a series says at some minutes: moments in milliseconds, and values; the counter is reset at times."""
    at = START + _MINUTE * minutes + (minutes * 7919 + seed * 104_729) % 20_000
    match metric:
        case "operating_hours":
            value = (minutes + seed) % _RESET / 60
        case "ambient_temperature":
            value = 20 + 5 * np.sin(minutes / 229) + (minutes * 31 + seed) % 17 / 10
        case _:
            value = np.where((minutes // 45 + seed) % 3 > 0, 1.5, 0.012)
    return at, np.round(value, 4)
