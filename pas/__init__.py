"""The service's front door: HTTP, pages, commands, settings, clock, who is asking, transactions, the worker."""
