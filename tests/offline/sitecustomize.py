"""Blocks connections that leave this machine, in tests and in Python processes that they start.

Python imports a module of this name at start-up, so a folder on PYTHONPATH reaches subprocesses and
spawned workers too. Unix sockets and loopback addresses stay open.
"""

import ipaddress
import socket
import sys
from typing import Any

attempts: list[str] = []
_NAME_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_CONNECTIONS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class NetworkBlockedError(RuntimeError):
    """A test tried to reach another machine."""


def is_local(host: object) -> bool:
    """Whether a host, as the socket module takes it, is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost", "0.0.0.0", "::") or host == socket.gethostname():
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def block(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: raises on a name lookup or a connection beyond this machine."""
    if event in _NAME_LOOKUPS:
        host = args[0]
    elif event in _CONNECTIONS:
        # A connected datagram socket passes None: its connect was looked at.
        if args[0].family not in (socket.AF_INET, socket.AF_INET6) or args[1] is None:
            return
        host = args[1][0]
    else:
        return
    if not is_local(host):
        attempts.append(f"{event} {host!r}")
        raise NetworkBlockedError(f"{event}: tests must not reach {host!r}")


sys.addaudithook(block)
