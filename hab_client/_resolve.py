"""Looking up a host within a time limit, which the operating system's own call does not have."""

from __future__ import annotations

import ipaddress
import socket
import threading


def count_addresses(host: str, port: int, seconds: float) -> int:
    """Returns how many addresses ``host`` has; each of them may take the whole time limit of a connection.

    Raises:
        OSError: The name is unknown (``socket.gaierror``), or the lookup takes longer than ``seconds``
            (``TimeoutError``).
    """
    if _is_address(host):
        return 1
    found: list[int] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            found.append(len(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except OSError as error:
            failed.append(error)
        except UnicodeError:  # a label of more than 63 characters
            failed.append(socket.gaierror(socket.EAI_NONAME, "not a host name"))

    thread = threading.Thread(target=look_up, name="hab-resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError(f"no address of {host} within {seconds:.1f} s")
    return found[0]


def _is_address(host: str) -> bool:
    """Says whether ``host`` is an IP address already."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
