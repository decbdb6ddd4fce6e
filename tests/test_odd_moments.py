"""No moment at the ends of the calendar breaks a door: whoever sends one hears what is wrong with it."""

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI

from tests.test_every_route import ENDS_THE_LOGIN, Door, Identity, Walk, alpha, app, doors_of
from tests.world import World

__all__ = ["alpha", "app"]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
ORDER = ("administrator", "fleet_manager", "finance", "technician", "customer1", "device1")


class OddWalk(Walk):
    """Goes to every door with one moment in the place of all."""

    moment = ""

    def address(self, door: Door, ids: dict[str, str]) -> str:
        """Put the moment into the query."""
        return _MOMENT.sub(self.moment.replace("+", "%2B"), super().address(door, ids))

    def body(self, door: Door, ids: dict[str, str], who: Identity) -> dict[str, Any]:
        """Put the moment into the document."""
        made = super().body(door, ids, who)
        if "json" not in made:
            return made
        return {"json": json.loads(_MOMENT.sub(self.moment, json.dumps(made["json"], default=str)))}


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_no_moment_breaks_a_door(app: FastAPI, alpha: World, moment: str) -> None:
    walk = OddWalk(app, alpha)
    walk.moment, went, broken = moment, 0, list[str]()
    for door in doors_of(app):
        who = next((alpha.people[name] for name in ORDER if alpha.people[name].role in (door.roles or ())), None)
        if who is not None and door.path not in ENDS_THE_LOGIN:
            asked = f"{walk.address(door, alpha.first.ids)} {walk.body(door, alpha.first.ids, who)}"
            if moment in asked.replace("%2B", "+"):
                went += 1
                try:
                    walk.knock(door, who, alpha.first.ids)
                except AssertionError:
                    broken.append(str(door))
    assert broken == []
    assert went > 15
