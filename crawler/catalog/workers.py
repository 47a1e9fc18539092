"""Who is at work on a catalogue: the names of processes, and whether they still live."""

import os
import secrets
import socket

import sqlalchemy as sa


def worker_name() -> str:
    """Return a name for this process that tells whether it still lives.

    In a container every process may have the same number; what it drew at its start differs.
    """
    return f"{socket.gethostname()}:{os.getpid()}:{_DRAWN}"


_DRAWN = secrets.token_hex(4)


def release_dead(connection: sa.Connection) -> None:
    """Free what processes of this machine held that no longer live."""
    query = "SELECT DISTINCT leased_by FROM frontier WHERE state = 'leased'"
    for worker in connection.scalars(sa.text(query)).all():
        host, pid, drawn = [*str(worker).split(":"), ""][:3]
        is_here = host == socket.gethostname() and pid.isdecimal()
        if is_here and not _lives(int(pid), drawn):
            connection.execute(
                sa.text(
                    "UPDATE frontier SET state = 'due', leased_by = NULL, leased_until = NULL "
                    "WHERE state = 'leased' AND leased_by = :worker"
                ),
                {"worker": worker},
            )


def _lives(pid: int, drawn: str) -> bool:
    if pid == os.getpid():
        return drawn == _DRAWN
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
