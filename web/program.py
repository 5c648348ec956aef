"""The program `banli` as installed: loads what every command needs, then runs one.

Invariant: the collector sleeps while the program loads, for nothing of that is garbage and looking
through it costs a tenth of the start.
"""

import gc


def main() -> None:
    """Run the command of this program's arguments."""
    gc.disable()
    from web.cli import main as command  # noqa: PLC0415 - after the collector was told to sleep

    gc.enable()
    command()
