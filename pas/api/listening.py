"""Somebody who listens: which readings they may hear, asked again and again, for rights end and things move."""

import re
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any
from uuid import UUID

import numpy as np
from sqlmodel import Session

from pas import clock
from pas.api.span import rows
from pas.caller import Caller
from pas.live import BEAT, Live
from pas.still_there import is_still_there
from telemetry.lots import lots
from telemetry.moment import moment
from telemetry.queries import metrics
from telemetry.read_journal import News, of_assets
from telemetry.read_series import Asked, piece
from telemetry.refusal import Refusal

Find = Callable[[Session], Sequence[UUID]]
"""Finds the assets that somebody asks for and may see; refuses where it may not."""

_AT_ONCE, _READ = 200, 5_000
"""Readings in one event, and read at once of those that lie in their series-days."""
_ID = re.compile("[0-9]{1,18}")


class Listening:
    """One listener and what it asked for."""

    def __init__(
        self, live: Live, caller: Caller, find: Find, *, metrics: Sequence[str] | None, after: int | None
    ) -> None:
        """Know what was asked; `after` is the batch seen last, None for whatever comes from now on."""
        self.live, self.caller, self.after = live, caller, after
        self._find = find
        self._metrics = None if metrics is None else frozenset(metrics)
        self._assets: frozenset[UUID] = frozenset()
        self._asked_at = float("-inf")

    async def head(self) -> int:
        """Give the number of the newest batch."""
        return await self.live.head(self.caller.tenant_id)

    def look(self) -> None:
        """Find the assets.

        Raises what finding them raises.
        """
        with self.live.database.reading(self.caller.tenant_id) as session:
            self._assets = frozenset(self._find(session))
        self._asked_at = monotonic()

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to ask again whether the listener may still hear."""
        return monotonic() - self._asked_at >= BEAT

    def may_go_on(self) -> bool:
        """Tell whether the listener may still hear, and find the assets again."""
        try:
            self.look()
        except Refusal:
            return False
        return is_still_there(self.live.database, self.caller, now=clock.now())

    def fresh(self, news: News) -> Iterator[list[dict[str, Any]]]:
        """Give the readings that are for this listener, in the order in which they were accepted.

        Some at a time: what is told is shared by all who listen, and a slow one must not hold a copy of it.
        """
        wanted = [number for number, one in news.series.items() if self._wants(one.asset_id, one.metric)]
        for start in range(0, len(news.track), _AT_ONCE):
            track = news.track.take(slice(start, start + _AT_ONCE))
            some = track.take(np.isin(track.series, wanted))
            columns = (some.series.tolist(), some.at.tolist(), some.value.tolist())
            if len(some):
                yield [
                    {**news.series[series]._asdict(), "at": moment(at), "value": value}
                    for series, at, value in zip(*columns, strict=True)
                ]

    def settled(self, news: News) -> Iterator[list[dict[str, Any]]]:
        """Give the readings of batches that lie in their series-days by now, with those beside them."""
        if news.settled is None:
            return
        span = moment(news.settled.first_at), moment(news.settled.last_at + 1)
        with self.live.database.reading(self.caller.tenant_id) as session:
            units = {code: one.unit for code, one in metrics(session).items()}
            pairs = [pair for pair in of_assets(session, sorted(self._assets)) if self._wants(*pair)]
        for asset_id, code in pairs:
            left: Asked | None = Asked(asset_id, code, *span)
            while left is not None:
                with self.live.database.reading(self.caller.tenant_id) as session:
                    found, left = piece(session, left, most=_READ)
                named = {"asset_id": asset_id, "metric": code, "unit": units[code]}
                for some in lots(rows(found), _AT_ONCE):
                    yield [named | row for row in some]

    def _wants(self, asset_id: UUID, metric: str) -> bool:
        return asset_id in self._assets and (self._metrics is None or metric in self._metrics)


def listening(
    live: Live, caller: Caller, find: Find, *, metrics: Sequence[str] | None, last_seen: str | None
) -> Iterator[Listening]:
    """Let somebody listen as long as the answer lasts.

    Raises TooManyListeners, and what finding the assets raises.
    """
    heard = Listening(live, caller, find, metrics=metrics, after=_number(last_seen))
    heard.look()
    with live.listener(f"{caller.tenant_id}:{caller.actor.kind}:{caller.actor.id}"):
        yield heard


def _number(last_seen: str | None) -> int | None:
    """Read an id of ours; any other is as good as none."""
    return int(last_seen) if last_seen and _ID.fullmatch(last_seen) else None
