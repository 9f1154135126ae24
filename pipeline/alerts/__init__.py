"""Alerts: when a trigger fires or rests, what its alert says, and what the buyer will most likely do next."""
