"""How money comes in: payments, statements, reminders, interest."""
