"""Truths that no single act carries."""
