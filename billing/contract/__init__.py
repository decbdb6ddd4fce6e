"""What a contract says: who, from when to when, and which tariff."""
