"""The list of assets as a file."""
