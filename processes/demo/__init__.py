"""Demo data: organisations, accounts and ledgers of the demo, as YAML; never used in production."""
