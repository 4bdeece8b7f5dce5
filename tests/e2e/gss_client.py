"""The client's side of SOCKS5 with GSSAPI (RFC 1961), written from the RFC and with python3-gssapi: it shares no code with the gateway.

As a program it plays one conversation and prints a JSON object of what it saw; see --help. KRB5_CONFIG and KRB5CCNAME say whose ticket it has.
"""

import argparse
import json
import os
import socket
import struct
import sys

import gssapi

INTEGRITY, CONFIDENTIALITY, SELECTIVE = 1, 2, 3
TOKEN, LEVEL, DATA, ABORT = 1, 2, 3, 0xFF
# What a client asks for, RFC 1961 section 3.2, without delegation, which is nothing that a test should give away.
FLAGS = (gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.replay_detection |
         gssapi.RequirementFlag.out_of_sequence_detection | gssapi.RequirementFlag.integrity | gssapi.RequirementFlag.confidentiality)


class Refused(Exception):
    """The server said 01 FF, or closed."""


def frame(kind, token):
    return struct.pack(">BBH", 1, kind, len(token)) + token


class GssSocks:
    """One connection. Each method is one step of the conversation, so that a test can leave one out or play it wrong."""

    def __init__(self, address, service):
        self.socket = socket.create_connection(address, timeout=120)
        self.context = gssapi.SecurityContext(name=gssapi.Name(service, gssapi.NameType.hostbased_service), usage="initiate",
                                              flags=FLAGS)
        self.level = None
        self._plain = b""

    # --- Frames

    def receive_exactly(self, size):
        parts = []
        while size > 0:
            part = self.socket.recv(min(size, 1 << 20))
            if not part:
                raise Refused("closed" if not parts else "closed in the middle")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def receive_frame(self, kind):
        version, found = self.receive_exactly(2)
        if (version, found) == (1, ABORT):
            rest = self.socket.recv(1)
            raise Refused("01 ff" if not rest else "01 ff and more")
        assert (version, found) == (1, kind), f"expected 01 {kind:02x}, found {version:02x} {found:02x}"
        return self.receive_exactly(struct.unpack(">H", self.receive_exactly(2))[0])

    def wrap(self, plain, confidential=None):
        if confidential is None:
            confidential = self.level != INTEGRITY
        wrapped = self.context.wrap(plain, confidential)
        assert wrapped.encrypted == confidential
        return wrapped.message

    def unwrap(self, token):
        unwrapped = self.context.unwrap(token)
        if self.level in (INTEGRITY, CONFIDENTIALITY):
            assert unwrapped.encrypted == (self.level == CONFIDENTIALITY), f"level {self.level}, encrypted: {unwrapped.encrypted}"
        return unwrapped.message

    # --- The conversation

    def greet(self, methods=(1,)):
        self.socket.sendall(bytes((5, len(methods), *methods)))
        version, method = self.receive_exactly(2)
        assert version == 5
        return method

    def establish(self, damage=lambda token: token):
        """The exchange of tokens, section 3. `damage` may change what is sent."""
        token = b""
        while not self.context.complete:
            token = self.context.step(token or None)
            if token:
                self.socket.sendall(frame(TOKEN, damage(token)))
                answer = self.receive_frame(TOKEN)
                if self.context.complete:
                    assert answer == b"", f"expected a token of no bytes, found {len(answer)}"
                    return
                token = answer

    def negotiate(self, level, confidential=False):
        """Section 4; gives the server's choice."""
        self.socket.sendall(frame(LEVEL, self.context.wrap(bytes((level,)), confidential).message))
        unwrapped = self.context.unwrap(self.receive_frame(LEVEL))
        assert not unwrapped.encrypted and len(unwrapped.message) == 1
        self.level = unwrapped.message[0]
        return self.level

    def send(self, plain):
        """In as many frames as it takes, section 5."""
        if self.level == 0:
            return self.socket.sendall(plain)
        most = min(self.context.get_wrap_size_limit(65535, self.level != INTEGRITY), 65535 - 128)
        for at in range(0, len(plain), most):
            self.socket.sendall(frame(DATA, self.wrap(plain[at:at + most])))

    def receive(self, size):
        if self.level == 0:
            return self.receive_exactly(size)
        while len(self._plain) < size:
            self._plain += self.unwrap(self.receive_frame(DATA))
        plain, self._plain = self._plain[:size], self._plain[size:]
        return plain

    def receive_end(self):
        """True where nothing is left and the server has ended its side."""
        return not self._plain and self.socket.recv(1) == b""

    def request(self, command, host, port):
        """Sends the request and gives REP and BND. `host` may be an IPv4 address or a name."""
        try:
            where = b"\x01" + socket.inet_aton(host)
        except OSError:
            where = b"\x03" + bytes((len(host),)) + host.encode()
        self.send(b"\x05" + bytes((command, 0)) + where + struct.pack(">H", port))
        return self.receive_reply()

    def receive_reply(self):
        version, rep, _, kind = self.receive(4)
        assert version == 5
        address = socket.inet_ntop(*((socket.AF_INET, self.receive(4)) if kind == 1 else (socket.AF_INET6, self.receive(16))))
        return rep, (address, struct.unpack(">H", self.receive(2))[0])


def converse_by_tcp(client, arguments, seen):
    """Sends a megabyte to an echo and reads it back, both at once, then the ends of both sides."""
    sent = os.urandom(arguments.bytes)
    piece, back, at = 100_000, b"", 0
    while at < len(sent):
        client.send(sent[at:at + piece])
        at += piece
        back += client.receive(min(piece, len(sent) - len(back)))
    client.socket.shutdown(socket.SHUT_WR)
    seen["echoed"] = back == sent
    seen["ended"] = client.receive_end()


def converse_by_udp(client, relay, arguments, seen):
    """Datagrams of several sizes to an echo. A datagram's whole content is one wrapped message in one frame."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.settimeout(120)
    udp.connect(relay)
    header = b"\x00\x00\x00\x01" + socket.inet_aton(arguments.host) + struct.pack(">H", arguments.port)
    seen["echoed"] = True
    for size in (0, 1, 500, 1400, 9000):
        payload = os.urandom(size)
        udp.send(frame(DATA, client.wrap(header + payload)))
        answer = udp.recv(65535)
        version, kind, length = struct.unpack(">BBH", answer[:4])
        assert (version, kind, length) == (1, DATA, len(answer) - 4), answer[:4].hex()
        seen["echoed"] = seen["echoed"] and client.unwrap(answer[4:]) == header + payload
    # Said again, and said unwrapped, it is not heard: the next answer is that to the datagram behind them.
    last = frame(DATA, client.wrap(header + b"?"))
    udp.send(last)
    seen["not_twice"] = client.unwrap(udp.recv(65535)[4:]) == header + b"?"
    udp.send(last)
    udp.send(header + b"!")
    udp.send(frame(DATA, client.wrap(header + b"end")))
    seen["not_twice"] = seen["not_twice"] and client.unwrap(udp.recv(65535)[4:]) == header + b"end"


def flip_a_bit(token):
    return token[:-20] + bytes((token[-20] ^ 1,)) + token[-19:]


def make_mistake(client, mistake, arguments, seen):
    """What a broken or hostile client does once the level is agreed, and how the server ends it."""
    request = b"\x05\x01\x00\x01" + socket.inet_aton(arguments.host) + struct.pack(">H", arguments.port)
    if mistake == "unwrapped_request":
        client.socket.sendall(request)
    elif mistake == "other_level":
        client.socket.sendall(frame(DATA, client.wrap(request, confidential=client.level == INTEGRITY)))
    else:
        seen["rep"], _ = client.request(1, arguments.host, arguments.port)
        token = bytearray(client.wrap(b"these bytes were changed on their way"))
        token[len(token) // 2] ^= 1
        client.socket.sendall(frame(DATA, bytes(token)))
    try:
        client.receive_frame(DATA)
    except ConnectionResetError:
        seen["refused"] = "reset"


def play(arguments, seen):
    client = GssSocks((arguments.proxy, arguments.proxy_port), arguments.service)
    seen["method"] = client.greet()
    if seen["method"] != 1:
        return
    client.establish(flip_a_bit if arguments.mistake == "token" else lambda token: token)
    seen["level"] = client.negotiate(arguments.level)
    if arguments.mistake:
        return make_mistake(client, arguments.mistake, arguments, seen)
    command = 3 if arguments.udp else 1
    if arguments.udp:
        seen["rep"], relay = client.request(command, "0.0.0.0", 0)
    else:
        seen["rep"], relay = client.request(command, arguments.host, arguments.port)
    if seen["rep"] != 0:
        seen["ended"] = client.receive_end()
    elif arguments.udp:
        converse_by_udp(client, relay, arguments, seen)
    else:
        converse_by_tcp(client, arguments, seen)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--proxy", required=True)
    parser.add_argument("--proxy_port", type=int, required=True)
    parser.add_argument("--service", default="rcmd@socks.test", help="the server's host-based service name")
    parser.add_argument("--level", type=int, default=CONFIDENTIALITY)
    parser.add_argument("--mistake", choices=("token", "unwrapped_request", "other_level", "forged"))
    parser.add_argument("--udp", action="store_true", help="UDP ASSOCIATE instead of CONNECT")
    parser.add_argument("--host", required=True, help="where an echo listens")
    parser.add_argument("--port", type=int, default=7)
    parser.add_argument("--bytes", type=int, default=1_000_000)
    arguments = parser.parse_args()
    seen = {}
    try:
        play(arguments, seen)
    except Refused as refused:
        seen["refused"] = str(refused)
    except gssapi.exceptions.GSSError as error:
        seen["gss_error"] = str(error)
    print(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
