"""A generated country for the demo: agencies, people, ledgers, and cases that were really run.

Invariant: everything is drawn from a seed and a day, so that the same country comes again; cases
are played through the product's own commands in a scratch copy, with virtual time, and written into
the installation one story at a time, whole or not at all.
"""
