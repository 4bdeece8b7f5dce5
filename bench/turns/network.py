"""A network namespace of its own for all that is measured."""

import ctypes
import os
import subprocess

CONGESTION = "/proc/sys/net/ipv4/tcp_congestion_control"
CLONE_NEWNET = 0x40000000


def enter_network(congestion):
    """This process and its children go into a namespace whose default congestion control is `congestion`. Returns the host's.

    A namespace takes over the host's default when it is made, and may not choose every algorithm itself, so the host's is changed for
    the moment of making it.
    """
    host = os.open(CONGESTION, os.O_RDWR)
    before = os.read(host, 64).decode().strip()
    if before != congestion:
        os.pwrite(host, congestion.encode(), 0)
    try:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")
    finally:
        if before != congestion:
            os.pwrite(host, before.encode(), 0)
        os.close(host)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open(CONGESTION) as inside:
        assert inside.read().strip() == congestion
    return before
