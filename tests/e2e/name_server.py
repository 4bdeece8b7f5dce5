"""A name server whose answers are a function of the name: name_server.py ADDRESS [silent]. It prints "asked NAME TYPE" for each question.

no4.… has an IPv6 address and never answers for IPv4, no6.… the other way round, nothing below dead.test is ever answered, every other name has an IPv4
address. TTLs are one second.
"""

import socket
import struct
import sys

A, AAAA = 1, 28
TARGET4, TARGET6 = socket.inet_pton(socket.AF_INET, "10.77.2.2"), socket.inet_pton(socket.AF_INET6, "fd77:2::2")


def question(query):
    """Name, type and where the question ends (RFC 1035 section 4.1.2)."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


def addresses(name, kind):
    """None: no answer at all."""
    quiet = {"no4": A, "no6": AAAA}.get(name.split(".")[0])
    if kind == quiet or name.endswith(".dead.test"):
        return None
    if kind == AAAA:
        return [TARGET6] if quiet == A else []
    return [] if quiet == A else [TARGET4]


def answer(query):
    name, kind, end = question(query)
    print("asked", name, kind, flush=True)
    found = addresses(name, kind)
    if found is None:
        return None
    records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 1, len(data)) + data for data in found)
    return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(found), 0, 0) + query[12:end] + records


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    print("ready", flush=True)
    while True:
        query, client = server.recvfrom(4096)
        reply = answer(query)
        if reply is not None and sys.argv[2:] != ["silent"]:
            server.sendto(reply, client)


main()
