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

    def begin(self):
        self.draft = self.ask("POST", "/api/v1/drafts", json={"name": "a test"}, expect=201)
        self.at = f"/api/v1/drafts/{self.draft['id']}"

    def edit(self, verb, path, expect=200, **body):
        answer = self.ask(verb, f"{self.at}/{path}", headers={"If-Match": self.draft["etag"]}, expect=expect, **body)
        if expect == 200:
            self.draft = answer
        return answer

    def text(self):
        return self.ask("GET", self.at + "/config")

    def test_edits_change_only_what_they_are_about(self):
        self.begin()
        self.edit("POST", "rules/staff:enable", json={"enabled": True})
        self.edit("PUT", "rules/no_payments", json={"name": "no_shops", "enabled": True, "source": ["@office"], "destination_ports": [443, "8443", 9443]})
        self.edit("PUT", "sets/office", json={"name": "offices", "addresses": ["10.0.0.0/8", "192.0.2.8"]})
        self.edit("POST", "rules", json={"name": "new", "before": "all", "verdict": "allow", "source": ["10.9.0.0/16"]})
        self.edit("POST", "rules/staff:move", json={"before": "no_shops"})
        self.edit("PATCH", "settings", json={"auth": {"slow_after": 5}, "timeouts": {"idle": "1h"}})
        staff = '[[rule]]\nname = "staff"\nenabled = false\ngroups = ["staff"]\nverdict = "allow"\n'
        on = staff.replace("false", "true")
        expected = POLICY.replace(staff + "\n", "").replace("# Nobody pays", on + "\n# Nobody pays")
        expected = expected.replace("expires = 2030-12-31T18:00:00Z\n", "").replace('"no_payments"\n', '"no_shops"\n')
        expected = expected.replace('"8443"]', '"8443", 9443]').replace('"192.0.2.7"', '"192.0.2.8"').replace("sets.office]", "sets.offices]")
        expected = expected.replace("@office", "@offices").replace("# both\n", "# both\nslow_after = 5\n")
        expected = expected.replace('[[rule]]\nname = "all"', '[[rule]]\nname = "new"\nsource = ["10.9.0.0/16"]\nverdict = "allow"\n\n[[rule]]\nname = "all"')
        self.assertEqual(self.text(), expected)
        self.assertEqual(self.draft["problems"], 0)
        changes = self.ask("POST", self.at + ":diff")["changes"]
        self.assertEqual((changes[0]["kind"], changes[0]["op"], changes[0]["name"]), ("key", "changed", "auth.slow_after"))
        told = " ".join(one["text"] for one in changes)
        for sentence in ('auth.slow_after was 3, is 5', 'rule "new" is new: allow, above "all"', 'rule "staff": enabled was false, is true'):
            self.assertIn(sentence, told)

    def test_what_is_applied_is_in_force_and_in_the_file(self):
        self.begin()
        self.edit("PUT", "users/alice", json={"name": "alicia", "password": "correct horse"})
        text = self.text()
        self.assertNotIn("horse", text)
        self.assertNotIn(HASH, text)
        self.assertEqual(text.count("alicia"), 2, "the user, and the group that has it")
        self.ask("POST", self.at + ":apply", json={"message": "a test"}, headers={"If-Match": self.draft["etag"]})
        with open(self.daemon.config) as file:
            self.assertEqual(file.read(), text)
        self.assertEqual(self.ask("GET", "/api/v1/config/users")["users"][0]["name"], "alicia")
        self.assertNotIn("horse", self.daemon.log())

    def test_nobody_overwrites_what_somebody_else_has_written(self):
        self.begin()
        seen = self.draft["etag"]
        self.edit("DELETE", "tests/paying")
        self.draft["etag"] = seen
        self.assertIn("expected", self.edit("DELETE", "rules/staff", expect=412)["detail"])
        self.ask("DELETE", self.at + "/rules/staff", expect=428)

    def test_what_cannot_be_done_says_why_and_changes_nothing(self):
        self.begin()
        for verb, path, body, status, said in (
                ("DELETE", "rules/stuff", None, 404, 'did you mean "staff"?'),
                ("POST", "rules", {"name": "all"}, 409, "choose another"),
                ("PUT", "rules/all", {"soruce": ["any"]}, 400, 'did you mean "source"?'),
                ("PATCH", "settings", {"socks": {"prot": 1}}, 400, 'did you mean "port"?'),
                ("POST", "users", {"name": "bob"}, 400, "password"),
                ("POST", "rules/all:move", {"before": "nothing"}, 404, "expected the name of a rule")):
            answer = self.edit(verb, path, expect=status, **({"json": body} if body else {}))
            self.assertIn(said, answer["detail"])
        self.assertEqual(self.text(), POLICY)

    def test_a_set_of_thousands_of_entries_is_one_edit(self):
        self.begin()
        addresses = [f"10.{i // 250}.{i % 250}.0/24" for i in range(20_000)]
        self.edit("PUT", "sets/office", json={"addresses": addresses})
        sets = self.ask("GET", "/api/v1/config/sets", {"draft": self.draft["id"]})["sets"]
        self.assertEqual(sets[0]["addresses"], addresses)


if __name__ == "__main__":
    cases.main()
