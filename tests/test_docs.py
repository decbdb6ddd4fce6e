"""The documents say what the code does: settings, refusals, commands, and links that lead somewhere."""

import re
from pathlib import Path

import pytest
import typer.main

from pas.cli import app
from pas.manual import manual

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_the_manual_is_written_from_the_declarations() -> None:
    written = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert written == manual(), "write it anew: python -m pas.manual > docs/operating.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)|src(?:set)?=\"([^\":]+)\"", page.read_text(encoding="utf-8"))
    missing = [target for pair in targets for target in pair if target and not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page: Path) -> None:
    group = typer.main.get_command(app)
    known = {" ".join(path) for path in _paths(group, ())}
    # `pas` followed by lower-case words, up to the first argument or option
    named = re.findall(r"(?:`|^    |\$ )pas ((?:[a-z][a-z-]+ ?){1,2})", page.read_text(encoding="utf-8"), re.MULTILINE)
    unknown = [words for words in named if words.split()[0] not in known and words.strip() not in known]
    assert not unknown


def _paths(group: object, above: tuple[str, ...]) -> list[tuple[str, ...]]:
    paths = []
    for name, command in getattr(group, "commands", {}).items():
        paths += [(*above, name), *_paths(command, (*above, name))]
    return paths


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for page in PAGES for target in re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))}
    assert named <= targets
