"""What a deployed version of a process brings: its forms, its letters, who may start it."""
