"""Ledgers in the hands of people: maintaining records, reading tables in, lists and menus."""
