"""The reasons of an alert as somebody may see them: to who mends things, not what ignoring it costs."""

from collections.abc import Sequence
from typing import Any

from pas.role import Role

_OF_MONEY = "alert.cost_"


def reasons_for(role: Role, reasons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the reasons that tell an amount where the role is shown none.

    >>> reasons_for(Role.TECHNICIAN, [{"code": "alert.wear_index"}, {"code": "alert.cost_heat"}])
    [{'code': 'alert.wear_index'}]
    """
    return [reason for reason in reasons if role.sees_money or not str(reason["code"]).startswith(_OF_MONEY)]
