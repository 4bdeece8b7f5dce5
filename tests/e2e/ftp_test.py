"""Active-mode ftp: a client that knows nothing of SOCKS, made to by Dante's socksify, whose server connects back through BIND."""

import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HERE, EndToEnd  # noqa: E402
from lab import EGRESS4, TARGET4  # noqa: E402

TEXT = b"sent by ftp\n" * 10_000


class ActiveFtp(EndToEnd):
    def setUp(self):
        self.served, self.kept = self.lab.path("served"), self.lab.path("kept")
        for folder in (self.served, self.kept):
            os.mkdir(folder)
            self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(self.served, "down.txt"), "wb") as file:
            file.write(TEXT)
        with open(os.path.join(self.kept, "up.txt"), "wb") as file:
            file.write(TEXT[::-1])
        self.server = network.Program(self.lab.inside("target", sys.executable, os.path.join(HERE, "ftp_server.py"), self.served))
        self.addCleanup(self.server.stop)
        self.server.wait_for("^ready$")

    def ftp(self, *wrapper):
        """Logs in, lists, fetches down.txt and stores up.txt, all in active mode. Gives what the client said."""
        lines = ("user alice secret", "ls", f"get down.txt {self.kept}/down.txt", f"put {self.kept}/up.txt up.txt", "quit", "")
        return self.client(*wrapper, "ftp", "-A", "-n", "-v", TARGET4, input="\n".join(lines).encode(), code=None, cwd=self.kept)

    def test_without_the_gateway_there_is_no_server(self):
        self.assertIn("Network is unreachable", self.ftp())

    @unittest.skipUnless(shutil.which("socksify"), "this release of Debian has no dante-client")
    def test_through_socksify_over_both_versions(self):
        for version in ("5", "4"):
            with self.subTest(version=version):
                gateway = self.start()
                said = self.ftp(*self.socksified(f"socks_v{version}"))
                self.assertIn("down.txt", said)
                for kept, sent in ((f"{self.kept}/down.txt", TEXT), (f"{self.served}/up.txt", TEXT[::-1])):
                    with open(kept, "rb") as file:
                        self.assertEqual(file.read(), sent, said)
                    os.remove(kept)
                self.judge(gateway.records(4), version)
                gateway.stop()
                os.remove(gateway.log_path)

    def judge(self, records, version):
        """Three data connections, each a BIND that names the server, beside the control connection. Shards log in no common order."""
        self.assertEqual({record["version"] for record in records}, {version})
        self.assertEqual(sorted(record["command"] for record in records), ["bind", "bind", "bind", "connect"])
        data = [record for record in records if record["command"] == "bind"]
        for record in data:
            self.assertEqual((record["destination"], record["reply"]), (TARGET4, 0))
            self.assertTrue(record["target"].startswith(f"{TARGET4}:"), record)
            self.assertTrue(record["egress"].startswith(f"{EGRESS4}:"), record)
        self.assertEqual(max(record["bytes_down"] for record in data), len(TEXT))
        self.assertEqual(max(record["bytes_up"] for record in data), len(TEXT))

    @unittest.skipUnless(shutil.which("socksify"), "this release of Debian has no dante-client")
    def test_a_rule_that_allows_no_bind_leaves_only_the_control_connection(self):
        gateway = self.start(CONFIG + ALLOW_ALL + 'commands = ["connect"]\n')
        said = self.ftp(*self.socksified("socks_v5"))
        self.assertIn("230", said)
        self.assertFalse(os.path.exists(f"{self.kept}/down.txt"), said)
        denied = [record for record in gateway.records(4) if record["command"] == "bind"]
        self.assertEqual({(record["reply"], record["ended_by"]) for record in denied}, {(2, "policy")})


if __name__ == "__main__":
    network.main()
