"""What is owed, and for what."""
