"""The simulated departments of a province, a file each; the file bears the adapter's name.

A new one: a file with one class below `Correspondent` (or `Simulator`), nothing else to register.
"""
