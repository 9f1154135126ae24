"""Input that was refused: sending it back, and when too much of it is refused to go on."""
