"""Where a thing should go next: every route with its net value, and why it was chosen or barred."""
