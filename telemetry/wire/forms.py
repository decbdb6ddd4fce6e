"""The forms in which readings may be sent, described for people and programs: each example says the same."""

import json
from typing import Any, NamedTuple

Schema = dict[str, Any]


class Form(NamedTuple):
    """A form in which readings may be sent."""

    name: str
    media_type: str
    sentence: str
    schema: Schema
    example: str | None
    """None where it is no text."""

    @property
    def shown(self) -> Any:
        """Give the example as OpenAPI shows it: JSON as what it says, anything else as text."""
        is_json = self.media_type.endswith("json") and self.media_type != "application/x-ndjson"
        return json.loads(self.example) if is_json and self.example else self.example


def _object(needed: dict[str, Schema], free: dict[str, Schema] | None = None, **more: Any) -> Schema:
    properties = {**needed, **(free or {})}
    shape = {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}
    return {**shape, **more}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_WORD = {"type": "string", "maxLength": 200}
_UNIT = {"anyOf": [_WORD, {"type": "null"}], "description": "Left out, the metric's own."}
_AT = {
    "anyOf": [{"type": "string"}, {"type": "number"}],
    "description": "A moment with its zone, such as 2026-03-29T14:00:00Z, or a count since 1970 in `precision`.",
}
_VALUE = {
    "anyOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}, {"type": "null"}],
    "description": "A number; yes and no count as 1 and 0, and what is no number is quarantined.",
}
_ASSET = {**_WORD, "description": "Id, public identifier or serial number."}
_PRECISION = {
    "precision": {"enum": ["s", "ms", "us", "ns"], "default": "ms", "description": "What numbers for moments count."}
}
_ROW = _object({"asset": _ASSET, "metric": _WORD, "at": _AT, "value": _VALUE}, {"unit": _UNIT}, title="NewReading")
_COLUMNS = _object(
    {"asset": _list(_ASSET), "metric": _list(_WORD), "at": _list(_AT), "value": _list(_VALUE)},
    {"unit": _list(_UNIT)},
    title="ReadingColumns",
)
_MESSAGE = _object(
    {"asset": _ASSET, "at": _AT, "values": {"type": "object", "additionalProperties": _VALUE}},
    {"units": {"anyOf": [{"type": "object", "additionalProperties": _WORD}, {"type": "null"}]}},
    title="DeviceMessage",
)
_BLOCK = _object(
    {"asset": _ASSET, "metric": _WORD, "t": _list(_AT), "v": _list(_VALUE)}, {"unit": _UNIT}, title="SeriesBlock"
)
_RECORD = {
    "type": "object",
    "title": "SenMLRecord",
    "properties": {
        **{name: {"type": "string"} for name in ("bn", "bu", "n", "u", "vs", "vd")},
        **{name: {"type": "number"} for name in ("bt", "bv", "t", "v", "s")},
        "vb": {"type": "boolean"},
        "bver": {"type": "integer", "maximum": 10},
    },
}
_TEXT = {"type": "string"}


def _json(name: str, sentence: str, content: Schema, example: str) -> Form:
    return Form(name, "application/json", sentence, _object({name: content}, _PRECISION), example)


_LINES = """\
office,asset=PJ-00001,unit=ppm co2=412.5 1774792800000000000
office,asset=PJ-00001,unit=degC ambient_temperature=21.5 1774792800000000000
office,asset=PJ-00002,unit=ppm co2=398i 1774792860000000000
"""

FORMS = (
    _json(
        "readings",
        "Row by row, the simplest.",
        _list(_ROW),
        """\
{"readings": [
  {"asset": "PJ-00001", "metric": "co2", "at": "2026-03-29T14:00:00Z", "value": 412.5, "unit": "ppm"},
  {"asset": "PJ-00001", "metric": "ambient_temperature", "at": "2026-03-29T14:00:00Z", "value": 21.5, "unit": "degC"},
  {"asset": "PJ-00002", "metric": "co2", "at": "2026-03-29T16:01:00+02:00", "value": 398, "unit": "ppm"}
]}
""",
    ),
    _json(
        "columns",
        "The same in columns of equal length, half the bytes.",
        _COLUMNS,
        """\
{"columns": {
  "asset": ["PJ-00001", "PJ-00001", "PJ-00002"],
  "metric": ["co2", "ambient_temperature", "co2"],
  "at": ["2026-03-29T14:00:00Z", "2026-03-29T14:00:00Z", "2026-03-29T14:01:00Z"],
  "value": [412.5, 21.5, 398],
  "unit": ["ppm", "degC", "ppm"]
}}
""",
    ),
    _json(
        "messages",
        "What a device measured at one moment, by metric; for gateways.",
        _list(_MESSAGE),
        """\
{"messages": [
  {"asset": "PJ-00001", "at": 1774792800000, "values": {"co2": 412.5, "ambient_temperature": 21.5},
   "units": {"co2": "ppm", "ambient_temperature": "degC"}},
  {"asset": "PJ-00002", "at": 1774792860000, "values": {"co2": 398}, "units": {"co2": "ppm"}}
]}
""",
    ),
    _json(
        "series",
        "Blocks of one metric of one asset, moments in `t` and values in `v`; the quickest JSON, for backfills.",
        _list(_BLOCK),
        """\
{"precision": "s", "series": [
  {"asset": "PJ-00001", "metric": "co2", "unit": "ppm", "t": [1774792800], "v": [412.5]},
  {"asset": "PJ-00001", "metric": "ambient_temperature", "unit": "degC", "t": [1774792800], "v": [21.5]},
  {"asset": "PJ-00002", "metric": "co2", "unit": "ppm", "t": [1774792860], "v": [398]}
]}
""",
    ),
    Form(
        "ndjson",
        "application/x-ndjson",
        "One JSON reading a line.",
        _TEXT,
        """\
{"asset": "PJ-00001", "metric": "co2", "at": "2026-03-29T14:00:00Z", "value": 412.5, "unit": "ppm"}
{"asset": "PJ-00001", "metric": "ambient_temperature", "at": "2026-03-29T14:00:00Z", "value": 21.5, "unit": "degC"}
{"asset": "PJ-00002", "metric": "co2", "at": "2026-03-29T14:01:00Z", "value": 398, "unit": "ppm"}
""",
    ),
    Form(
        "csv",
        "text/csv",
        "A table with the heading `asset,metric,at,value,unit`; unit may be left out.",
        _TEXT,
        """\
asset,metric,at,value,unit
PJ-00001,co2,2026-03-29T14:00:00Z,412.5,ppm
PJ-00001,ambient_temperature,2026-03-29T14:00:00Z,21.5,degC
PJ-00002,co2,2026-03-29T14:01:00Z,398,ppm
""",
    ),
    Form(
        "line protocol",
        "text/plain",
        "InfluxDB's line protocol: the tag `asset` names the thing, a field the metric; nanoseconds, or `precision`.",
        _TEXT,
        _LINES,
    ),
    Form(
        "line protocol",
        "application/x-influx-line-protocol",
        "The same under its own name.",
        _TEXT,
        _LINES,
    ),
    Form(
        "senml",
        "application/senml+json",
        "SenML (RFC 8428): a name is the asset, `:` or `/`, and the metric.",
        _list(_RECORD),
        """\
[
  {"bn": "PJ-00001:", "bt": 1774792800, "n": "co2", "u": "ppm", "v": 412.5},
  {"n": "ambient_temperature", "u": "Cel", "v": 21.5},
  {"bn": "PJ-00002:", "n": "co2", "u": "ppm", "v": 398, "t": 60}
]
""",
    ),
    Form(
        "arrow",
        "application/vnd.apache.arrow.stream",
        "An Arrow IPC stream with the columns asset, metric, at, value and unit; by far the quickest.",
        {"type": "string", "format": "binary"},
        None,
    ),
)


def openapi_content() -> dict[str, Any]:
    """Describe the forms as OpenAPI lists the content of a request."""
    content: dict[str, Any] = {}
    for form in FORMS:
        told = content.setdefault(form.media_type, {"schema": {"oneOf": []}, "examples": {}})
        told["schema"]["oneOf"].append(form.schema)
        if form.example is not None:
            told["examples"][form.name] = {"summary": form.sentence, "value": form.shown}
    for told in content.values():
        if len(told["schema"]["oneOf"]) == 1:
            told["schema"] = told["schema"]["oneOf"][0]
    return content
