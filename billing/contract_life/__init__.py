"""How a contract changes and ends: amendments, clauses, indices, charges, the ways out."""
