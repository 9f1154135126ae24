"""`make bench`: this line beside those its users could have picked instead, and what it costs as work grows."""
