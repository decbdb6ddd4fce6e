"""What a contract charges for a month: pure, by column or one by one, to the cent."""
