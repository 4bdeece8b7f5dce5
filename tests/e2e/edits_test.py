"""The configuration entry by entry through the administrator's door: what is written, and edits of it that leave the rest of the text alone."""

import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from door_client import DoorClient  # noqa: E402

HASH = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"
POLICY = f"""# gw1
{loopback.CONFIG}
[auth]
methods = ["password", "none"]   # both

[[user]]
name = "alice"
password = "{HASH}"

[groups]
# Who works here.
staff = ["alice"]

[sets.office]
addresses = [
  "10.0.0.0/8",   # Berlin
  "192.0.2.7",
]

# Nobody pays from here.
[[rule]]
name = "no_payments"
expires = 2030-12-31T18:00:00Z
source = ["@office"]
destination_ports = [443, "8443"]   # both shops
# enabled = false

[[rule]]
name = "staff"
enabled = false
groups = ["staff"]
verdict = "allow"
{loopback.ALLOW_ALL}
[[test]]
name = "paying"
client = "10.1.1.1"
destination = "192.0.2.9"
port = 443
expect = "deny"
"""


class Edits(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-edits-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        path = os.path.join(self.folder, "s")
        self.daemon = loopback.Daemon(f"--admin_socket={path}", config=POLICY)
        self.addCleanup(self.daemon.close)
        self.daemon.wait_for("ready, listening on")
        self.door = DoorClient(path)
        self.ask = self.door.ask

    def test_what_is_written_is_told_entry_by_entry(self):
        rules = self.ask("GET", "/api/v1/config/rules")["rules"]
        self.assertEqual([rule["name"] for rule in rules], ["no_payments", "staff", "all"])
        self.assertEqual([rule["enabled"] for rule in rules], [True, False, True])
        rule = rules[0]
        lines = POLICY.split("\n")
        self.assertEqual(lines[rule["line"] - 1:rule["line"] + 1], ["[[rule]]", 'name = "no_payments"'])
        self.assertTrue(rule["file"].endswith("sluice.toml"), rule["file"])
        self.assertIn(rule["text"], POLICY)
        self.assertTrue(rule["text"].startswith("# Nobody pays") and rule["text"].endswith("# enabled = false\n"), rule["text"])
        self.assertEqual({key: rule[key] for key in ("number", "expires", "source", "destination_ports")},
                         {"number": 1, "expires": "2030-12-31T18:00:00Z", "source": ["@office"], "destination_ports": [443, "8443"]})
        self.assertNotIn("verdict", rule, "a key that nobody wrote")

        self.assertEqual([(one["name"], one["used_by"], one["addresses"]) for one in self.ask("GET", "/api/v1/config/sets")["sets"]],
                         [("office", ["no_payments"], ["10.0.0.0/8", "192.0.2.7"])])
        self.assertEqual([(one["name"], one["used_by"], one["members"]) for one in self.ask("GET", "/api/v1/config/groups")["groups"]],
                         [("staff", ["staff"], ["alice"])])
        self.assertEqual([(one["name"], one["expect"], one["port"]) for one in self.ask("GET", "/api/v1/config/tests")["tests"]],
                         [("paying", "deny", 443)])

    def test_of_a_user_neither_the_hash_nor_its_line_is_told(self):
        users = self.ask("GET", "/api/v1/config/users")["users"]
        self.assertEqual([(one["name"], one["has_password"], one["groups"]) for one in users], [("alice", True, ["staff"])])
        for part in ("rules", "sets", "users", "groups", "tests", "settings"):
            self.assertNotIn(b"$y$", self.door.raw("GET", f"/api/v1/config/{part}")[2])

    def test_settings_have_every_key_and_its_default(self):
        settings = self.ask("GET", "/api/v1/config/settings")
        self.assertEqual((settings["socks"]["port"], settings["defaults"]["socks"]["port"]), (0, 1080))
        self.assertEqual(settings["auth"]["methods"], ["password", "none"])
        self.assertEqual(settings["timeouts"], settings["defaults"]["timeouts"])
        self.assertEqual(settings["limits"].keys(), settings["defaults"]["limits"].keys())


if __name__ == "__main__":
    cases.main()
