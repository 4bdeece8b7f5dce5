"""What the target's namespace serves: HTTP on 80 (both families), an echo on 7 (TCP, and UDP in both families), a reset on 9, names on
53/udp, and a BitTorrent tracker on 6969/udp.

Prints "ready" when all of it listens. Reads commands from nothing: what a test wants it asks for in the request.
  GET /hello          a short page
  GET /bytes/N        N bytes, a repeating pattern
  GET /half/N         N bytes; stops in the middle until somebody asks for /go
  GET /go             lets every /half go on
  GET /who            the address that the connection came from
Of each datagram to the echo, and of each announcement to the tracker, it prints who sent it.
"""

import http.server
import socket
import socketserver
import struct
import sys
import threading

PATTERN = bytes(range(256)) * 256
go = threading.Event()

NAMES = {
    "example.com": {"A": ["10.77.2.2"], "AAAA": []},
    "target.test": {"A": ["10.77.2.2"], "AAAA": ["fd77:2::2"]},
    "four.target.test": {"A": ["10.77.2.2"], "AAAA": []},
    "six.target.test": {"A": [], "AAAA": ["fd77:2::2"]},
    # The first address answers nothing: RFC 8305 goes on to the next.
    "half-dead.target.test": {"A": ["10.77.2.2"], "AAAA": ["fd77:2::dead"]},
    "smuggler.test": {"A": ["127.0.0.1", "169.254.169.254"], "AAAA": ["::1"]},
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        kind, _, number = self.path[1:].partition("/")
        if kind in ("bytes", "half"):
            return self.send_pattern(int(number), pause=kind == "half")
        if kind == "go":
            go.set()
        body = {"hello": b"hello from the target\n", "go": b"going\n"}.get(kind)
        if kind == "who":
            body = (self.client_address[0] + "\n").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def send_pattern(self, left, pause):
        self.send_response(200)
        self.send_header("Content-Length", str(left))
        self.end_headers()
        half = left // 2
        while left > 0:
            if pause and left <= half:
                pause = False
                print("halfway", flush=True)
                go.wait()
            piece = PATTERN[: min(left, len(PATTERN))]
            self.wfile.write(piece)
            left -= len(piece)


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        print("a connection ended:", sys.exc_info()[1], flush=True)


class HttpServer6(HttpServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while piece := self.request.recv(65536):
            self.request.sendall(piece)
        # The client's end of data is answered with ours, after everything was echoed.
        self.request.shutdown(socket.SHUT_WR)


class Reset(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()


class TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def shutdown_request(self, request):
        request.close()


def answer(query):
    """One DNS answer (RFC 1035 section 4) to a question about NAMES."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12:at + 5]
    kind = {1: "A", 28: "AAAA"}.get(struct.unpack(">H", query[at + 1:at + 3])[0])
    known = NAMES.get(".".join(labels).lower())
    records = []
    for address in (known or {}).get(kind, []):
        family = socket.AF_INET if kind == "A" else socket.AF_INET6
        data = socket.inet_pton(family, address)
        records.append(b"\xc0\x0c" + struct.pack(">HHIH", 1 if kind == "A" else 28, 1, 60, len(data)) + data)
    flags = 0x8180 if known else 0x8183
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + b"".join(records)


def track(request, client):
    """One answer of a BitTorrent tracker (BEP 15): the connection's id, or the client itself as the only peer."""
    if len(request) == 16 and request[:8] == (0x41727101980).to_bytes(8, "big"):
        return struct.pack(">I", 0) + request[12:16] + b"sluiced!"
    if len(request) >= 98 and request[:8] == b"sluiced!" and request[11] == 1:
        print("announced by", client[0], flush=True)
        return struct.pack(">I4sIII", 1, request[12:16], 1800, 0, 1) + socket.inet_aton(client[0]) + client[1].to_bytes(2, "big")
    return b""


def echo(piece, client):
    print("datagram from", client[0], client[1], piece[:64], flush=True)
    return piece


def serve_datagrams(family, address, port, answer_to):
    """Answers each datagram with what answer_to(datagram, sender) gives."""
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((address, port))
    while True:
        piece, client = server.recvfrom(65536)
        server.sendto(answer_to(piece, client), client)


def main():
    servers = [HttpServer(("10.77.2.2", 80), Handler), HttpServer6(("fd77:2::2", 80), Handler),
               TcpServer(("10.77.2.2", 7), Echo), TcpServer(("10.77.2.2", 9), Reset)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for served in ((socket.AF_INET, "10.77.2.2", 53, lambda query, _: answer(query)), (socket.AF_INET, "10.77.2.2", 7, echo),
                   (socket.AF_INET6, "fd77:2::2", 7, echo), (socket.AF_INET, "10.77.2.2", 6969, track)):
        threading.Thread(target=serve_datagrams, args=served, daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


main()
