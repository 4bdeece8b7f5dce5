"""The administrator's door byte by byte: what HTTP it speaks, and that whoever misuses it costs a slot and nobody else."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from loopback import WAIT_SECONDS  # noqa: E402

CONNECTIONS = 64  # of the door, at a time


class Door(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-admin-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.path = os.path.join(self.folder, "s")
        self.daemon = loopback.Daemon(f"--admin_socket={self.path}")
        self.addCleanup(self.daemon.close)
        self.daemon.wait_for("ready, listening on")

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        connection.settimeout(WAIT_SECONDS)
        connection.connect(self.path)
        return connection

    def answer(self, connection):
        """Status, headers and body of the next answer."""
        text = b""
        while b"\r\n\r\n" not in text:
            more = connection.recv(1)
            if not more:
                raise EOFError(text)
            text += more
        head, *lines = text.decode().rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        body = b""
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(int(headers["content-length"]) - len(body))
        return int(head.split(" ")[1]), headers, body

    def ask(self, request, connection=None):
        connection = connection or self.connect()
        connection.sendall(request)
        return self.answer(connection)

    def get(self, path, more=b""):
        return self.ask(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n" + more + b"\r\n")

    def assert_others_are_served(self):
        connection = self.connect()
        self.assertEqual(self.ask(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", connection)[::2], (200, b"ok\n"))
        connection.recv(1)  # it has closed its end, so the slot is free
        connection.close()

    def test_one_connection_takes_many_requests_also_at_once(self):
        connection = self.connect()
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        for _ in range(3):
            self.assertEqual(self.answer(connection)[0], 200)

    def test_what_is_asked_wrongly_is_a_problem_that_says_so(self):
        for request, status in (
                (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404),
                (b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
                (b"BREW /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n", 405),
                (b"GET /api/v1/status?pot=tea HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET /api/v1/sessions?filter=pot%3Dtea HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET /api/v1/sessions?limit=0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET /api/v1/sessions?cursor=1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET /api/v1/sessions/0-999 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
                (b"GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"POST /api/v1/sessions:end HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415),
                (b"POST /api/v1/sessions:end HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 400),
                (b"POST /api/v1/sessions:end HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[[", 400),
                (b"POST /api/v1/explain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"client\":\"x\"}", 400)):
            with self.subTest(request=request):
                found, headers, body = self.ask(request)
                self.assertEqual(found, status, body)
                self.assertEqual(headers["content-type"], "application/problem+json")
                problem = json.loads(body)
                self.assertEqual(problem["status"], status)
                self.assertIn("expected", problem["detail"])
        self.assert_others_are_served()

    def test_head_is_get_without_its_body(self):
        connection = self.connect()
        connection.sendall(b"HEAD /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: connection.recv(65536), b""))
        self.assertTrue(text.startswith(b"HTTP/1.1 200"), text)
        self.assertTrue(text.endswith(b"\r\n\r\n"), text)

    def test_what_is_too_large_is_refused_and_costs_nobody_else(self):
        for request in (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * (1 << 20) + b"\r\n\r\n",
                        b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"POST /api/v1/explain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
                        b"\x16\x03\x01" + b"\x00" * 1000):
            with self.subTest(request=request[:20]):
                connection = self.connect()
                try:
                    connection.sendall(request)
                    found = self.answer(connection)[0]
                except (EOFError, ConnectionResetError, BrokenPipeError):
                    found = 400  # it did not listen to the end
                self.assertIn(found, (400, 413, 414, 431))
                self.assert_others_are_served()

    def test_connections_that_say_nothing_take_their_slots_and_no_more(self):
        silent = [self.connect() for _ in range(CONNECTIONS - 1)]
        self.assert_others_are_served()
        for connection in silent:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")  # and stops
        self.assert_others_are_served()
        silent.append(self.connect())
        self.assertEqual(self.answer(self.connect())[0], 503)

    def test_metrics_are_as_prometheus_wants_them_in_both_formats(self):
        text = self.get("/metrics")[2]
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=WAIT_SECONDS, check=False)
        self.assertEqual((checked.returncode, checked.stderr.decode()), (0, ""))
        for name in (b"sluice_sessions ", b"sluice_rule_hits_total", b"sluice_setup_duration_seconds_bucket", b"process_open_fds "):
            self.assertIn(name, text)
        status, headers, text = self.get("/metrics", b"Accept: application/openmetrics-text\r\n")
        self.assertEqual(status, 200)
        self.assertIn("application/openmetrics-text", headers["content-type"])
        self.assertTrue(text.endswith(b"# EOF\n"))

    def test_a_configuration_has_an_etag(self):
        status, headers, _ = self.get("/api/v1/config")
        self.assertEqual(status, 200)
        self.assertEqual(self.get("/api/v1/config", b"If-None-Match: " + headers["etag"].encode() + b"\r\n")[0], 304)


if __name__ == "__main__":
    cases.main()
