"""Every form in which readings reach us, each read into the same columns."""
