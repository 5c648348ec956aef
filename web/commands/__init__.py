"""The commands of `banli`, by what they are about."""
