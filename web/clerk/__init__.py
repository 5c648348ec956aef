"""Pages of clerks: the desk, a task, a case, and everything that is done there."""
