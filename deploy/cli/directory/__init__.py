"""The account directory from the command line: accounts, and domains that are no account's."""
