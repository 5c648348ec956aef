"""Administering people: accounts, areas, positions, substitution, preferences."""
