"""Names as a host's name servers and files have them: silent families, dead servers, files that change, and nothing that the client did not say."""

import os
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HELLO, HERE, EndToEnd  # noqa: E402
from lab import GATEWAY4, OTHER_TARGET4  # noqa: E402

# Two servers: the target's own has 10.77.2.2.
FIRST, SECOND = OTHER_TARGET4, "10.77.2.5"
# Less than two silent attempts at one server take.
IMPATIENT = '\n[timeouts]\nconnect = "5s"\n'
NAME_NOT_FOUND = 4
DENIED = 2


class Names(EndToEnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab.run("target", "ip", "addr", "add", f"{SECOND}/24", "dev", "t-g")

    def server(self, address, *mood):
        program = network.Program(self.lab.inside("target", sys.executable, os.path.join(HERE, "name_server.py"), address, *mood))
        self.addCleanup(program.stop)
        program.wait_for("^ready$")
        return program

    def resolv_conf(self, text):
        """Written in place: inside the namespace it is a mount of its own."""
        with open(f"/etc/netns/{self.lab.names['gateway']}/resolv.conf", "w") as file:
            file.write(text)

    def reply(self, name, port=80):
        """REP of a CONNECT to the name, whatever bytes it has."""
        with self.lab.within("client"):
            client = socket.create_connection((GATEWAY4, 1080), timeout=network.WAIT_SECONDS)
        with client:
            client.sendall(b"\x05\x01\x00\x05\x01\x00\x03" + bytes([len(name)]) + name.encode() + port.to_bytes(2, "big"))
            got = b""
            while len(got) < 4:
                more = client.recv(100)
                self.assertTrue(more, got)
                got += more
            return got[3]

    def assert_reaches(self, name):
        self.assertIn(HELLO, self.curl("--socks5-hostname", f"{GATEWAY4}:1080", f"http://{name}/hello"))

    def test_a_silent_family_holds_up_nobody(self):
        self.server(FIRST)
        self.resolv_conf(f"nameserver {FIRST}\n")
        self.start(CONFIG + IMPATIENT + ALLOW_ALL)
        for name in ("no6.one.test", "no4.one.test"):
            self.assert_reaches(name)

    def test_only_the_first_name_waits_for_a_dead_server(self):
        dead = self.server(FIRST, "silent")
        self.server(SECOND)
        self.resolv_conf(f"nameserver {FIRST}\nnameserver {SECOND}\noptions timeout:1\n")
        self.start(CONFIG + IMPATIENT + ALLOW_ALL)
        for name in ("first.test", "second.test", "third.test"):
            self.assert_reaches(name)
        self.assertTrue(any("asked first.test" in line for line in dead.lines), dead.lines)
        self.assertFalse(any("asked third.test 1" in line for line in dead.lines), dead.lines)

    def test_resolv_conf_is_followed(self):
        self.server(FIRST)
        self.server(SECOND)
        self.resolv_conf("")
        gateway = self.start(CONFIG + IMPATIENT + ALLOW_ALL)
        gateway.wait_for("names: .* asked of 127.0.0.1")
        self.assertEqual(self.reply("before.test"), NAME_NOT_FOUND)
        for server in (FIRST, SECOND):
            since = gateway.count()
            self.resolv_conf(f"nameserver {server}\n")
            gateway.wait_for(f"names: .* asked of {server}", since)
            self.assert_reaches(f"by-{server}.test")
        gateway.signal(signal.SIGHUP)
        self.assert_reaches("after.test")

    def test_nothing_is_added_to_what_the_client_said(self):
        server = self.server(FIRST)
        self.resolv_conf(f"search corp.test\nnameserver {FIRST}\noptions ndots:5\n")
        self.start(CONFIG + '\n[[rule]]\nname = "no_corp"\ndestination = ["*.corp.test"]\nverdict = "deny"\n' + ALLOW_ALL)
        self.assertEqual(self.reply("intra.corp.test"), DENIED)
        self.assertEqual(self.reply("intra"), 0)
        # c-ares takes a backslash for an escape, and drops a second final dot.
        for name in ("intra.corp.te\\st", "intra.corp.test.."):
            self.assertEqual(self.reply(name), NAME_NOT_FOUND, name)
        self.assertEqual(self.reply("intra\\.corp.test"), DENIED)
        asked = [line for line in server.lines if line.startswith("asked")]
        self.assertIn("asked intra 1", asked)
        self.assertFalse([line for line in asked if "corp" in line], asked)


if __name__ == "__main__":
    network.main()
