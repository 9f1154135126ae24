"""What it costs as work grows: parts that can be run alone, a plot of each in one self-contained page."""
