"""CONNECT by the SOCKS clients inside languages and wrappers: Java's, PySocks, the npm package "socks", Dante's socksify."""

import os
import shutil
import socket
import sys
import unittest

import socks

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import HELLO, EndToEnd  # noqa: E402
from lab import GATEWAY4, GATEWAY6, TARGET4, TARGET6, WAIT_SECONDS  # noqa: E402


class LibraryTest(EndToEnd):
    def pysocks(self, version, host, proxy=GATEWAY4):
        with self.lab.within("client"):
            connected = socks.create_connection((host, 80), timeout=WAIT_SECONDS, proxy_type=version, proxy_addr=proxy, proxy_port=1080)
        with connected:
            connected.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            return b"".join(iter(lambda: connected.recv(4096), b"")).decode()


class WithoutTheGateway(LibraryTest):
    def test_none_of_them_gets_anywhere(self):
        """The negative control: with nobody at the gateway's port each of them fails, instead of going directly."""
        self.java("5", TARGET4, code=1)
        self.assertIn("error: ", self.node("5", "connect", GATEWAY4, TARGET4, "80", code=1))
        with self.assertRaises(socks.ProxyConnectionError):
            self.pysocks(socks.SOCKS5, TARGET4)
        if shutil.which("socksify"):
            self.client(*self.socksified("socks_v5"), "curl", "--silent", f"http://{TARGET4}/hello", code=7)


class Libraries(LibraryTest):
    def setUp(self):
        self.gateway = self.start()

    def judge(self, *expected):
        records = self.gateway.records(len(expected))
        self.assertEqual(sorted((record["version"], record["destination"]) for record in records), sorted(expected))
        self.assertEqual({(record["command"], record["reply"]) for record in records}, {("connect", 0)})

    def test_java(self):
        self.assertIn(HELLO, self.java("5", "target.test"))
        self.assertIn(HELLO, self.java("5", TARGET6))
        self.assertIn(HELLO, self.java("4", TARGET4))
        self.judge(("5", "target.test"), ("5", TARGET6), ("4", TARGET4))

    def test_pysocks(self):
        self.assertIn(HELLO, self.pysocks(socks.SOCKS5, "target.test"))
        self.assertIn(HELLO, self.pysocks(socks.SOCKS5, TARGET6, GATEWAY6))
        self.assertIn(HELLO, self.pysocks(socks.SOCKS4, TARGET4))
        self.assertIn(HELLO, self.pysocks(socks.SOCKS4, "six.target.test"))
        self.judge(("5", "target.test"), ("5", TARGET6), ("4", TARGET4), ("4a", "six.target.test"))

    def test_npm_socks(self):
        for version, host in (("5", "target.test"), ("5", TARGET6), ("4", TARGET4), ("4", "target.test")):
            self.assertIn(HELLO, self.node(version, "connect", GATEWAY4, host, "80"))
        self.judge(("5", "target.test"), ("5", TARGET6), ("4", TARGET4), ("4a", "target.test"))

    @unittest.skipUnless(shutil.which("socksify"), "this release of Debian has no dante-client")
    def test_socksify(self):
        for version in ("socks_v5", "socks_v4"):
            self.assertIn(HELLO, self.client(*self.socksified(version), "curl", "--silent", f"http://{TARGET4}/hello"))
        self.judge(("5", TARGET4), ("4", TARGET4))


if __name__ == "__main__":
    network.main()
