"""How a thing fares: from what was last seen of it, its use since, and the wear its maker declares."""
