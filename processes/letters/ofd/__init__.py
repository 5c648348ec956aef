"""A letter as OFD (GB/T 33190-2016): the sheets that were drawn, written in that format."""

from processes.letters.ofd.package import Facts, write

__all__ = ["Facts", "write"]
