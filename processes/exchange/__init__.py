"""Messages and questions between us and the departments outside: what went, what waits, repairs."""
