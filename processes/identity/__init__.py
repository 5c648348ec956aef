"""Who there is: users and log-in, roles, organisations, authority, tokens, the audit trail."""
