"""A portfolio: what many things together may net when their service ends, under one market that moves them all."""
