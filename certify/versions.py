"""How a form says which stored version it was made with."""

from __future__ import annotations


def read_version(said: str) -> int | None:
    """None for none or an odd one."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None
