"""What a thing is worth: a distribution, with the reasons, beside what a finance team would reckon today."""
