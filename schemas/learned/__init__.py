"""What the line learned from the history of all accounts."""
