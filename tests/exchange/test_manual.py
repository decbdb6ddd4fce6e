"""The manual says what the doors do."""

from pathlib import Path

from pas.exchange.manual import manual

FILE = Path(__file__).parent.parent.parent / "docs" / "import.md"


def test_the_manual_is_written_from_the_declarations() -> None:
    assert FILE.read_text(encoding="utf-8") == manual(), (
        "write it anew: python -c 'from pas.exchange.manual import manual; print(manual(), end=\"\")' > docs/import.md"
    )
