"""What several adapters need: the HTTP client, signatures and the form of values on the wire."""
