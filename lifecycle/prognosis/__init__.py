"""How much longer a thing will last: from the lives of the fleet, its own trend, its peers, or what was learned."""
