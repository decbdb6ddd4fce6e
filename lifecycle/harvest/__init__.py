"""Harvest: which things near their end give which parts to which things that will need them."""
