"""How well remaining life and failures are foretold: every engine beside the plain ones, on what was kept back."""
