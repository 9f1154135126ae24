"""What people write for the line beside events: which journey counts, which assets there are."""
