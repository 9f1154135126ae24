"""One file a figure. Each takes what is true and what was told, and asks nothing of the line."""
