"""How fast readings are taken in, for good and once each, beside what others do with the very same stream."""
