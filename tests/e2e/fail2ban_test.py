"""What docs/OPERATING.md gives to fail2ban, with fail2ban and lines of the daemon: whom it bans, and that the time is understood in any zone."""

import ast
import os
import re
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402

HERE = os.path.dirname(os.path.realpath(__file__))
OPERATING = os.path.join(HERE, "..", "..", "docs", "OPERATING.md")
ZONES = {"UTC": "UTC0", "Tokyo": "JST-9", "Lima": "<-05>5"}
PASSWORD = "correct-horse"


def documented_filter():
    with open(OPERATING) as file:
        found = re.search(r"```\n(failregex = .*\ndatepattern = .*\n)```", file.read())
    assert found, "OPERATING.md has no failregex and datepattern"
    return "[Definition]\n" + found.group(1)


class Fail2ban(unittest.TestCase):
    def start(self):
        hashed = subprocess.run([loopback.SLUICED, "--hash_password"], input=PASSWORD.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
        config = loopback.CONFIG.replace('listen = ["127.0.0.2"]', 'listen = ["127.0.0.2", "::1"]') + f"""
[auth]
methods = ["password"]
slow_after = 0
[[user]]
name = "alice"
password = "{hashed.strip()}"
""" + loopback.ALLOW_ALL
        daemon = loopback.Daemon(config=config)
        self.addCleanup(daemon.close)
        return daemon

    def log_in(self, at, user, password):
        user, password = user.encode(), password.encode()
        with socket.create_connection(at, loopback.WAIT_SECONDS) as client:
            client.sendall(b"\5\1\2")
            self.assertEqual(client.recv(2), b"\5\2")
            client.sendall(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
            return client.recv(2)

    def banned(self, daemon, zone):
        """Address and time of each line that matches, in a process of that zone."""
        filter_file = daemon.write("sluice.conf", documented_filter())
        done = subprocess.run(["fail2ban-regex", "-o", "row", daemon.access_log, filter_file], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, env={**os.environ, "TZ": zone, "LC_ALL": "C"})
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertNotIn("timezone", done.stderr + done.stdout)
        rows = [ast.literal_eval(line.rstrip(",")) for line in done.stdout.splitlines() if line.startswith("[")]
        return [(row[0], row[1]) for row in rows]

    def test_failures_are_found_with_their_address_and_time_in_every_zone(self):
        daemon = self.start()
        daemon.wait_for("stop it")
        four = (loopback.GATEWAY, int(daemon.wait_for(r"127\.0\.0\.2:(\d+)").group(1)))
        six = ("::1", int(daemon.wait_for(r"\[::1\]:(\d+)").group(1)))
        self.assertEqual(self.log_in(four, "alice", PASSWORD), b"\1\0")
        self.assertNotEqual(self.log_in(four, "alice", "a guess"), b"\1\0")
        self.assertNotEqual(self.log_in(six, "mallory", "a guess"), b"\1\0")
        # A name that looks like a line's own fields.
        self.assertNotEqual(self.log_in(six, '","client":"192.0.2.1:1","auth_failed":"credentials"', "a guess"), b"\1\0")
        failures = [line for line in daemon.records(4) if line.get("auth_failed") == "credentials"]
        expected = [(re.fullmatch(r"\[?(.*?)\]?:\d+", line["client"]).group(1), line["time"]) for line in failures]
        self.assertEqual([address for address, _ in expected], ["127.0.0.1", "::1", "::1"])
        for name, zone in ZONES.items():
            with self.subTest(zone=name):
                found = self.banned(daemon, zone)
                self.assertEqual([address for address, _ in found], [address for address, _ in expected])
                for (_, seconds), (_, time) in zip(found, expected):
                    stamp = subprocess.run(["date", "-u", "-d", time, "+%s"], stdout=subprocess.PIPE, text=True, check=True).stdout
                    self.assertEqual(int(seconds), int(stamp))  # it forgets the fraction


if __name__ == "__main__":
    cases.main()
