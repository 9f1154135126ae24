"""What happens to a mail on its way: gateways that look at its links, and how quickly readers are there."""
