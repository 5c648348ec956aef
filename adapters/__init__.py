"""Departments and services outside, one folder each, behind the ports of the engine."""
