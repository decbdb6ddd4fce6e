"""What a thing is, how it fares, where it goes next and what it is worth."""
