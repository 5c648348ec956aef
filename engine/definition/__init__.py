"""The typed, frozen model of a process: what the parser reads and everything else works on."""
