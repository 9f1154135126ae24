"""`python -m deploy.cli` is `triggerpoint`."""
