from tests.processes.people.cast import configured, people, session

__all__ = ["configured", "people", "session"]
