"""How many browsers a server can hold: each needs some open files, and macOS usually allows a process 256."""

from __future__ import annotations

from contextlib import suppress

MANY = 8192


def allow_many() -> None:
    """Raises this process's limit of open files to `MANY`, or as far as the system lets it; never lowers it."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = MANY if hard == resource.RLIM_INFINITY else min(MANY, hard)
        if soft != resource.RLIM_INFINITY and soft < allowed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
