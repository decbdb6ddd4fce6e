"""Benchmarks: what a claim about speed rests on, always as a ratio to a named baseline run in turn with it."""
