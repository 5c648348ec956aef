"""What a business domain brings besides its processes, and the English words of its models."""
