from tests.processes.people.cast import configured, people, populated, session

__all__ = ["configured", "people", "populated", "session"]
