"""The columns of readings, which go in and out by the million."""

from pas.exchange.cell import Text
from pas.exchange.column import Column
from pas.exchange.day import Moment
from pas.exchange.number import Number

ABOUT = "What sensors and meters measured, one row a reading, or one column a metric."

COLUMNS = (
    Column(
        "asset",
        Text(),
        "public identifier, serial number or id",
        ("asset_id", "serial", "device", "toestel", "appareil"),
        required=True,
    ),
    Column("metric", Text(), "code of the metric", ("grootheid", "mesure", "measure", "parameter"), required=True),
    Column(
        "at",
        Moment(),
        "when",
        ("time", "timestamp", "date", "datetime", "datum", "moment", "ts", "tijd"),
        required=True,
    ),
    Column("value", Number(), "the number", ("waarde", "valeur", "wert"), required=True),
    Column("unit", Text(), "its unit; the metric's own where left out", ("eenheid", "unité", "einheit", "uom")),
)
