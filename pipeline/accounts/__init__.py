"""The account directory around its look-ups: the map it is kept in, a file of accounts, what a change of it means."""
