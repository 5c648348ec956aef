"""Who may see and do what: the one policy, as conditions of queries and as answers to a command."""
