"""What a stage keeps for itself beside the states of its keys: it never lies on a topic others read."""
