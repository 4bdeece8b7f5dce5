"""What every end-to-end test starts from: the lab with a target in it, a gateway per test, clients in the client's namespace."""

import os
import socket
import subprocess
import sys
import time
import unittest

import lab as network
from lab import GATEWAY4

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = """
[socks]
listen = ["any"]
port = 1080
socks4 = true
"""
ALLOW_ALL = """
[[rule]]
name = "allow_all"
verdict = "allow"
"""
HELLO = "hello from the target"


class EndToEnd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = network.Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.target = network.Program(cls.lab.inside("target", sys.executable, os.path.join(HERE, "target.py")))
        cls.addClassCleanup(cls.target.stop)
        cls.target.wait_for("^ready$")

    def start(self, config=CONFIG + ALLOW_ALL, *flags, **kwargs):
        gateway = network.Gateway(self.lab, config, *flags, **kwargs)
        self.addCleanup(gateway.stop)
        self.addCleanup(lambda: os.path.exists(gateway.log_path) and os.remove(gateway.log_path))
        return gateway

    def client(self, *command, code=0, **kwargs):
        """Runs a client in the client's namespace and gives what it printed."""
        done = subprocess.run(self.lab.inside("client", *command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=120, **kwargs)
        text = done.stdout.decode(errors="replace")
        if code is not None:
            self.assertEqual(done.returncode, code, f"{command}: {text}")
        return text

    def curl(self, *arguments, code=0):
        return self.client("curl", "--silent", "--show-error", "--max-time", "110", *arguments, code=code)

    def assert_closes(self, address, port=1080):
        """Waits until nobody listens there: shards close a listener after the reload was announced, and reset who was still in its queue."""
        deadline = time.monotonic() + network.WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                with self.lab.within("client"):
                    socket.create_connection((address, port), timeout=network.WAIT_SECONDS).close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                pass
        self.fail(f"somebody listens on {address}, port {port}")

    def node(self, *arguments, **kwargs):
        """The npm package "socks". Debian's node finds its packages by itself, others need to be told."""
        return self.client("env", "NODE_PATH=/usr/share/nodejs", "node", os.path.join(HERE, "node_client.js"), *arguments, **kwargs)

    def java(self, version, host, *credentials, **kwargs):
        """The SOCKS client inside every JVM."""
        options = (f"-DsocksProxyHost={GATEWAY4}", "-DsocksProxyPort=1080", f"-DsocksProxyVersion={version}", "-Xmx64m", "-XX:TieredStopAtLevel=1")
        return self.client("java", *options, os.path.join(HERE, "JavaClient.java"), host, "80", *credentials, **kwargs)

    def torrent(self, tracker, *credentials):
        return self.client(sys.executable, os.path.join(HERE, "torrent_client.py"), GATEWAY4, tracker, *credentials)

    def socksified(self, version):
        """The command that makes what follows it a SOCKS client, and keeps Dante's own messages apart."""
        config = self.lab.write("socks.conf", f"""
logoutput: {self.lab.path("socksify.log")}
route {{
  from: 0.0.0.0/0 to: 0.0.0.0/0 via: {GATEWAY4} port = 1080
  proxyprotocol: {version}
  method: none
}}
""")
        return "env", f"SOCKS_CONF={config}", "socksify"
