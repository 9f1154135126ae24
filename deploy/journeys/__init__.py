"""Journeys as files: those that are shipped, and `reference.yaml`, which explains every field."""
