"""The month's run: its drafts, policy and differences."""
