"""The commands, one file a noun; each opens a transaction, calls one verb and prints what happened."""
