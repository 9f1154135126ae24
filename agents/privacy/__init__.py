"""What privacy needs from around: the installation's key."""
