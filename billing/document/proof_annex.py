"""The annex that proves an invoice: per line the thing, the meter with its readings at both ends, the days, the sum."""

from typing import Any

from billing.document.line_words import words
from billing.document.speech import Speech, breakable

_HOURS = "unit_HUR"


def annex(document: dict[str, Any], language: str, speech: Speech) -> list[dict[str, Any]]:
    """Give the rows of the annex, one for each line, in the order of the lines."""
    return [_row(line, words(language), speech) for line in document["lines"]]


def _row(line: dict[str, Any], say: dict[str, str], speech: Speech) -> dict[str, Any]:
    why = {reason["code"]: reason["inputs"] for reason in line["reasons"]}
    days = (speech.to_date(line["period_end"]) - speech.to_date(line["period_start"])).days
    return {
        "position": str(line["position"]),
        "thing": breakable(line["serial"] or "–"),
        "counted": _counted(line, why, say),
        "opening": _reading(line, "opening", speech),
        "closing": _reading(line, "closing", speech),
        "readings": _readings(why, say, speech),
        "days": str(days),
        "formula": [breakable(part) for part in speech.sum(line["formula"]).split("; ")],
    }


def _counted(line: dict[str, Any], why: dict[str, Any], say: dict[str, str]) -> str:
    """Name the meter and the version of it by which was counted, or the component where there is none."""
    meter = line["meter"]
    if meter is None:
        return say[line["component"]]
    version = next((inputs["version"] for code, inputs in why.items() if code.startswith("bill.meter_")), None)
    name = say.get(f"meter_{meter}", meter.replace("_", " "))
    return name if version is None else f"{name} ({say['meter_version']} {version})"


def _reading(line: dict[str, Any], end: str, speech: Speech) -> list[str]:
    value, at = line[end], line[f"{end}_at"]
    return ["–"] if value is None or at is None else [speech.number(value), speech.moment(at)]


def _readings(why: dict[str, Any], say: dict[str, str], speech: Speech) -> list[str]:
    """Say on how many readings the count rests, for how long they spoke, and how long they were silent."""
    if "bill.no_readings" in why:
        return [say["no_readings"]]
    told = why.get("bill.measured") or why.get("bill.readings") or {}
    count = [speech.number(str(told["readings"]))] if "readings" in told else ["–"]
    if "covered" not in told:
        return count
    covered, gap = (speech.number(told[name]) for name in ("covered", "longest_gap"))
    return [*count, f"{covered} {say[_HOURS]}", f"{say['longest_gap']} {gap} {say[_HOURS]}"]
