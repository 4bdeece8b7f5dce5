"""Where relays are measured: a network namespace of this process's own, and one for the relays, which is the same or at the other end of a pair of
virtual network cards."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess

CONGESTION = "/proc/sys/net/ipv4/tcp_congestion_control"
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
KINDS = ("loopback", "veth", "veth-plain")  # plain: without segmentation offload
SIOCETHTOOL = 0x8946
# ETHTOOL_STSO, _SGSO, _SGRO: segmentation of what is sent by the card, later in the stack, and its undoing for what is received.
OFFLOADS = (0x1F, 0x24, 0x2C)


def _unshare():
    if LIBC.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def _switch_offloads_off(device):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in OFFLOADS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP16x", device.encode(), ctypes.addressof(value)))


def _have_ports():
    """Ports for every connection of a run: over loopback Linux uses one again a second after its connection has ended, elsewhere after a minute
    unless told so."""
    for name, value in (("tcp_tw_reuse", "1"), ("ip_local_port_range", "15000 65000")):
        with open(f"/proc/sys/net/ipv4/{name}", "w") as file:
            file.write(value)


class Network:
    """Enters a new namespace whose default congestion control is `congestion`. relay_host and back_host are addresses of the relay and of the load's
    back end; enter_relay() is for a child process that is about to become a relay.

    A namespace takes over the host's default when it is made, and may not choose every algorithm itself, so the host's is changed for
    the moment of making it.
    """

    def __init__(self, kind, congestion):
        self.kind = kind
        self._far_end = self._far_fd = None
        host = os.open(CONGESTION, os.O_RDWR)
        self.host_congestion = os.read(host, 64).decode().strip()
        if self.host_congestion != congestion:
            os.pwrite(host, congestion.encode(), 0)
        try:
            _unshare()
            if kind != "loopback":
                self._far_end = subprocess.Popen(["sleep", "infinity"], preexec_fn=_unshare)
        finally:
            if self.host_congestion != congestion:
                os.pwrite(host, self.host_congestion.encode(), 0)
            os.close(host)
        _ip("link", "set", "lo", "up")
        _have_ports()
        with open(CONGESTION) as inside:
            assert inside.read().strip() == congestion
        self.relay_host = self.back_host = "127.0.0.1"
        if self._far_end:
            self._pair()

    def _pair(self):
        self.relay_host, self.back_host = "10.77.0.2", "10.77.0.1"
        self._far_fd = os.open(f"/proc/{self._far_end.pid}/ns/net", os.O_RDONLY)
        _ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(self._far_end.pid))
        self._set_up("near", self.back_host)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.enter_relay()
                _ip("link", "set", "lo", "up")
                _have_ports()
                self._set_up("far", self.relay_host)
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(child, 0)[1] != 0:
            raise SystemExit("the namespace of the relays could not be set up; the messages of ip above say why")

    def _set_up(self, device, address):
        _ip("address", "add", f"{address}/24", "dev", device)
        if self.kind == "veth-plain":
            _switch_offloads_off(device)
        _ip("link", "set", device, "up")

    def enter_relay(self):
        if self._far_fd is not None and LIBC.setns(self._far_fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def close(self):
        if self._far_end:
            self._far_end.kill()
            self._far_end.wait()
            os.close(self._far_fd)

    def __str__(self):
        return {"loopback": "loopback", "veth": "a veth pair", "veth-plain": "a veth pair without segmentation offload"}[self.kind]
