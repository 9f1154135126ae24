"""`triggerpoint rejected`: what was refused, why, and sending it back once the cause is mended."""
