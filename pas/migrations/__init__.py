"""The history of the schema."""

from pathlib import Path

SCRIPTS = Path(__file__).parent
