"""What is usual for an account, and who its people are: kept in its journey's state, asked by conditions."""
