"""The departments outside, as separate HTTP programs for the demo and the tests."""
