"""The operator's manual: every setting, every command and every refusal, written from their own declarations."""

import importlib
import pkgutil
from collections.abc import Iterator

import billing
import lifecycle
import pas
import telemetry
from pas.refusals import STATUS
from pas.settings import Settings
from telemetry.refusal import Refusal

HEAD = """# Operating pas

Written by `python -m pas.manual > docs/operating.md`; a test holds it against the code.

## Settings
Environment variables; nothing secret has a default.

| variable | default | meaning |
|---|---|---|
"""

REFUSALS = """
## Refusals
Every error is an `application/problem+json` with one of these codes; on the command line exit code 1 and the sentence.

| code | status | when |
|---|---|---|
"""


def manual() -> str:
    """Give the manual as Markdown."""
    return HEAD + "\n".join(_settings()) + "\n" + REFUSALS + "\n".join(_refusals()) + "\n"


def refusals() -> list[type[Refusal]]:
    """Give every refusal of the four packages, by code."""
    for package in (telemetry, lifecycle, billing, pas):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name:
                importlib.import_module(module.name)
    return sorted(_below(Refusal), key=lambda kind: kind.code())


def _below(kind: type[Refusal]) -> set[type[Refusal]]:
    return {deeper for below in kind.__subclasses__() for deeper in ({below} | _below(below))}


def _settings() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `PAS_{name.upper()}` | {default} | {field.description} |"


def _refusals() -> Iterator[str]:
    for kind in refusals():
        when = (kind.__doc__ or "").strip().splitlines()[0]
        yield f"| `{kind.code()}` | {STATUS.get(kind.__name__, '')} | {when} |"


if __name__ == "__main__":
    print(manual(), end="")  # noqa: T201 - it is asked for on stdout
