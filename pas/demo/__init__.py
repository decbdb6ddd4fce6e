"""The demo fleet: a seeded, synthetic fleet of seven trades that enters through the import doors and is then told."""
