"""The bounds of the engine, in one place; every one has a test that crosses it."""

from datetime import timedelta
from typing import Final

# Input of a person or a department
BODY_BYTES: Final = 1 << 20
UPLOAD_BYTES: Final = 50 << 20
FILES_PER_CASE: Final = 200
VARIABLE_DEPTH: Final = 20
VARIABLE_KEYS: Final = 1_000
TEXT_CHARACTERS: Final = 20_000
TABLE_ROWS: Final = 500

# Models
MODEL_BYTES: Final = 1 << 20
MODEL_XML_ELEMENTS: Final = 5_000
MODEL_NESTING: Final = 10
PROCESS_ELEMENTS: Final = 200

# A child process that reads what strangers send (`engine.confined`)
CHILD_CPU: Final = timedelta(seconds=5)
CHILD_WALL: Final = timedelta(seconds=10)
CHILD_MEMORY: Final = 512 << 20
CHILDREN: Final = 2

# Expressions
EXPRESSION_CHARACTERS: Final = 2_000
EXPRESSION_NODES: Final = 200
EXPRESSION_DEPTH: Final = 20
EXPRESSION_STEPS: Final = 10_000

# One command
ENGINE_STEPS: Final = 1_000
LIVE_TASKS: Final = 5_000
CALL_DEPTH: Final = 20
CARDINALITY: Final = 1_000
STEP_WALL: Final = timedelta(seconds=10)
STATE_WARN_BYTES: Final = 1 << 20
STATE_BYTES: Final = 4 << 20

# Timers and jobs
TIMER_SHORTEST: Final = timedelta(seconds=1)
TIMER_LONGEST: Final = timedelta(days=36_525)
TIMER_LONG: Final = timedelta(days=3_653)
CYCLE_SHORTEST: Final = timedelta(seconds=60)
CALL_CONNECT: Final = timedelta(seconds=3)
CALL_TOTAL: Final = timedelta(seconds=30)
REPLY_BYTES: Final = 5 << 20
RETRIES: Final = 8
BACKOFF_FIRST: Final = timedelta(seconds=10)
BACKOFF_LONGEST: Final = timedelta(hours=1)
CRASHES: Final = 3
"""Leases that may lapse in a row before a job rests with an incident."""
LEASE: Final = 2 * CALL_TOTAL
SUCCESSORS: Final = 20
"""Tasks done in the transaction of the one before them, counted from the first."""
LOW_AFTER: Final = 10
"""Batches in a row full of jobs that somebody waits for, until one that can wait has its turn."""

# Tables in and out
EXPORT_ROWS: Final = 5_000
