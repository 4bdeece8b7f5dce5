"""A SOCKS client byte by byte, for what real clients do not show: who else may use a relay port, what ends with what, what exactly was
answered. Its sockets stand in the client's namespace, in the test's own process."""

import ipaddress
import socket
import struct

from lab import GATEWAY4, WAIT_SECONDS

CONNECT, BIND, UDP_ASSOCIATE = 1, 2, 3


def pack(host, port):
    """ATYP, address and port (RFC 1928 section 5); what is no address is a name."""
    try:
        address = ipaddress.ip_address(host)
        return bytes([1 if address.version == 4 else 4]) + address.packed + struct.pack(">H", port)
    except ValueError:
        return bytes([3, len(host)]) + host.encode() + struct.pack(">H", port)


def unpack(read):
    """The same, from what read(n) gives: address and port."""
    size = {1: 4, 4: 16}[read(1)[0]]
    return str(ipaddress.ip_address(read(size))), struct.unpack(">H", read(2))[0]


def endpoint(connected):
    return connected.getsockname()[:2]


class Control:
    """The connection to the gateway, from the client's host."""

    def __init__(self, lab, gateway=GATEWAY4, port=1080):
        with lab.within("client"):
            self.socket = socket.create_connection((gateway, port), timeout=WAIT_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def read(self, size):
        piece = b""
        while len(piece) < size:
            more = self.socket.recv(size - len(piece))
            if not more:
                raise EOFError(f"expected {size} bytes, found {piece!r} and the end")
            piece += more
        return piece

    def at_end(self):
        """Waits for the gateway to close, without anything more said."""
        return self.socket.recv(1) == b""

    def greet(self, methods=b"\x00"):
        self.socket.sendall(bytes([5, len(methods)]) + methods)
        version, method = self.read(2)
        assert version == 5, version
        return method

    def login(self, user, password):
        self.socket.sendall(bytes([1, len(user)]) + user.encode() + bytes([len(password)]) + password.encode())
        version, status = self.read(2)
        assert version == 1, version
        return status

    def ask(self, command, host, port):
        self.socket.sendall(bytes([5, command, 0]) + pack(host, port))
        return self.reply()

    def reply(self):
        """REP and BND.ADDR with BND.PORT of the next reply."""
        version, code, reserved = self.read(3)
        assert (version, reserved) == (5, 0), (version, reserved)
        return code, unpack(self.read)

    def ask4(self, command, host, port, user=""):
        self.socket.sendall(bytes([4, command]) + struct.pack(">H", port) + ipaddress.ip_address(host).packed + user.encode() + b"\x00")
        return self.reply4()

    def reply4(self):
        zero, code, port = struct.unpack(">BBH", self.read(4))
        assert zero == 0, zero
        return code, (str(ipaddress.ip_address(self.read(4))), port)


class Association:
    """A UDP association: its control connection, and one socket that sends to the relay port."""

    def __init__(self, lab, gateway=GATEWAY4, source=None, told=None, **kwargs):
        self.control = Control(lab, gateway, **kwargs)
        assert self.control.greet() == 0
        family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
        code, self.relay = self.control.ask(UDP_ASSOCIATE, *(told or ("::" if family == socket.AF_INET6 else "0.0.0.0", 0)))
        assert code == 0, code
        self.socket = udp_socket(lab, "client", family, source)
        self.socket.connect((gateway, self.relay[1]))  # where the relay is, whatever address was advertised

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()
        self.socket.close()

    def send(self, host, port, payload, frag=0):
        self.socket.send(bytes([0, 0, frag]) + pack(host, port) + payload)

    def receive(self):
        """Who sent it, and what."""
        datagram = self.socket.recv(65536)
        assert datagram[:3] == b"\x00\x00\x00", datagram
        at = 3

        def read(size):
            nonlocal at
            at += size
            return datagram[at - size:at]
        return unpack(read), datagram[at:]


def udp_socket(lab, role, family=socket.AF_INET, source=None):
    with lab.within(role):
        made = socket.socket(family, socket.SOCK_DGRAM)
    made.settimeout(WAIT_SECONDS)
    if source:
        made.bind((source, 0))
    return made
