"""Changes of the policy through the administrator's door: drafts, apply, confirm and roll back, locks, and what becomes of the file."""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from door_client import DoorClient  # noqa: E402
from loopback import wait_until  # noqa: E402

DENY = """
# Nobody may do anything from here on.
[[rule]]
name = "nobody"
destination = ["any", "special-use"]
verdict = "deny"
"""
TEST = """
[[test]]
name = "loopback stays open"
client = "127.0.0.1"
destination = "127.0.0.1"
port = 80
expect = "allow"
"""
TEXT = "# The policy of a test.\n" + loopback.CONFIG + loopback.ALLOW_ALL
DENIED = TEXT.replace("[[rule]]", DENY + "\n[[rule]]", 1)


class Changes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-changes-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.echo = loopback.Echo()
        self.addCleanup(self.echo.close)
        self.start()

    def start(self, *flags, **how):
        path = os.path.join(self.folder, "s")
        self.daemon = loopback.Daemon(f"--admin_socket={path}", *flags, config=TEXT, **how)
        self.addCleanup(self.daemon.close)
        self.daemon.wait_for("ready, listening on")
        self.door = DoorClient(path)
        self.ask = self.door.ask

    # --- What is in force

    def allows(self):
        client = socket.create_connection((loopback.GATEWAY, self.daemon.listening()), loopback.WAIT_SECONDS)
        with client:
            client.sendall(b"\5\1\0" + b"\5\1\0\1" + socket.inet_aton("127.0.0.1") + self.echo.address[1].to_bytes(2, "big"))
            said = b""
            while len(said) < 4:
                piece = client.recv(4 - len(said))
                self.assertTrue(piece, said)
                said += piece
        self.assertIn(said[3], (0, 2), said)
        return said[3] == 0

    def on_disk(self):
        with open(self.daemon.config) as file:
            return file.read()

    def write_disk(self, text):
        with open(self.daemon.config, "w") as file:
            file.write(text)

    # --- Drafts

    def draft(self, text=None, **begun):
        draft = self.ask("POST", "/api/v1/drafts", json=begun, expect=201)
        if text is None:
            return draft
        return self.ask("PUT", f"/api/v1/drafts/{draft['id']}/config", text=text, headers={"If-Match": draft["etag"]})

    def apply(self, draft, expect=200, **how):
        return self.ask("POST", f"/api/v1/drafts/{draft['id']}:apply", json=how, headers={"If-Match": draft["etag"]}, expect=expect)

    def pending(self):
        return self.ask("GET", "/api/v1/pending")["pending"]

    def metric(self, name):
        return next(line.split(" ")[1] for line in self.ask("GET", "/metrics").split("\n") if line.startswith(name + " "))

    def test_a_draft_is_written_checked_compared_and_thrown_away(self):
        draft = self.draft(name="nobody")
        self.assertEqual((draft["name"], draft["stale"], draft["changes"], draft["problems"]), ("nobody", False, 0, 0))
        at = f"/api/v1/drafts/{draft['id']}"
        self.assertEqual(self.ask("GET", at + "/config"), TEXT)
        self.ask("PUT", at + "/config", text="x", expect=428)
        wrong = self.ask("PUT", at + "/config", text=TEXT + "[nothing]\n", headers={"If-Match": draft["etag"]})
        self.assertEqual((wrong["changes"], wrong["problems"]), (1, 1))
        self.assertIn("has changed it", self.ask("PUT", at + "/config", text=TEXT, headers={"If-Match": draft["etag"]}, expect=412)["detail"])
        self.assertEqual(self.ask("POST", at + ":check")["problems"][0]["found"], '"nothing"')
        self.assertIn("+[nothing]\n", self.ask("POST", at + ":diff")["text"])
        problem = self.apply(wrong, expect=422)
        self.assertEqual(problem["line"], TEXT.count("\n") + 1)
        self.assertEqual(self.ask("PATCH", at, json={"name": "other"})["name"], "other")
        self.assertEqual([d["id"] for d in self.ask("GET", "/api/v1/drafts")["drafts"]], [draft["id"]])
        self.ask("DELETE", at)
        self.ask("GET", at, expect=404)
        self.assertTrue(self.allows())
        self.assertEqual(self.on_disk(), TEXT)

    def test_applied_without_a_timer_it_is_in_force_and_in_the_file(self):
        mode = os.stat(self.daemon.config).st_mode
        answer = self.apply(self.draft(DENIED), message="nobody works today")
        self.assertEqual((answer["generation"], answer["revision"], answer["pending"], answer["ended"]), (2, 2, None, 0))
        self.assertFalse(self.allows())
        self.assertEqual(self.on_disk(), DENIED)
        self.assertEqual(os.stat(self.daemon.config).st_mode, mode)
        self.assertEqual(self.ask("GET", "/api/v1/drafts")["drafts"], [])
        status = self.ask("GET", "/api/v1/config:status")
        self.assertEqual((status["path"], status["file_differs"], status["writable"]), (self.daemon.config, False, True))

    def test_confirmed_it_stays(self):
        draft = self.draft(DENIED)
        connection = self.door.connection()  # made before
        answer = self.apply(draft, confirm_within="10m", message="shut")
        self.assertEqual(answer["pending"]["message"], "shut")
        self.assertFalse(self.allows())
        self.assertEqual(self.on_disk(), TEXT)
        self.assertEqual(self.metric("sluice_config_pending_confirm"), "1")
        self.apply(self.draft(TEXT), expect=409)
        connection.request("POST", "/api/v1/pending:confirm")
        refused = connection.getresponse()
        self.assertEqual(refused.status, 409)
        self.assertIn("connect again", json.loads(refused.read())["detail"])
        connection.close()
        self.assertGreater(self.ask("POST", "/api/v1/pending:extend", json={"by": "1h"})["pending"]["seconds_left"], 3600)
        self.ask("POST", "/api/v1/pending:confirm")
        self.assertIsNone(self.pending())
        self.assertEqual(self.on_disk(), DENIED)
        self.assertFalse(self.allows())
        self.ask("POST", "/api/v1/pending:confirm", expect=409)

    def test_rolled_back_all_is_as_before(self):
        self.apply(self.draft(DENIED), confirm_within="10m")
        self.assertFalse(self.allows())
        self.assertEqual(self.ask("POST", "/api/v1/pending:rollback")["generation"], 1)
        self.assertTrue(self.allows())
        self.assertEqual(self.on_disk(), TEXT)
        self.daemon.wait_for("has rolled it back; generation 1 is in force again")
        self.ask("POST", "/api/v1/pending:rollback", expect=409)

    def test_nobody_confirms_it_and_it_is_undone(self):
        self.apply(self.draft(DENIED), confirm_within="1s")
        self.daemon.wait_for("nobody has confirmed it in time")
        self.assertIsNone(self.pending())
        self.assertTrue(self.allows())
        self.assertEqual(len(self.ask("GET", "/api/v1/drafts")["drafts"]), 1)

    def test_listeners_that_a_change_closes_are_there_when_it_is_undone(self):
        before = self.ask("GET", "/api/v1/status")["listening"]
        elsewhere = TEXT.replace(f'"{loopback.GATEWAY}"', '"127.0.0.3"')
        self.apply(self.draft(elsewhere), confirm_within="10m")
        self.assertEqual(len(self.ask("GET", "/api/v1/status")["listening"]), 2)
        self.assertTrue(self.allows())  # where it listened before
        self.ask("POST", "/api/v1/pending:rollback")
        self.assertEqual(self.ask("GET", "/api/v1/status")["listening"], before)
        self.apply(self.draft(elsewhere), confirm_within="10m")
        self.ask("POST", "/api/v1/pending:confirm")
        self.assertEqual([place.split(":")[0] for place in self.ask("GET", "/api/v1/status")["listening"]], ["127.0.0.3"])

    def test_a_process_that_dies_has_not_changed_anything(self):
        self.apply(self.draft(DENIED), confirm_within="10m")
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.assertEqual(self.on_disk(), TEXT)

    def test_a_file_edited_by_hand_is_not_overwritten(self):
        draft = self.draft(DENIED)
        by_hand = TEXT + "# by hand\n"
        self.write_disk(by_hand)
        self.assertTrue(self.ask("GET", "/api/v1/config:status")["file_differs"])
        self.assertEqual(self.metric("sluice_config_file_differs"), "1")
        self.assertIn("edited by hand", self.apply(draft, expect=409)["detail"])
        self.assertEqual(self.on_disk(), by_hand)
        self.assertTrue(self.allows())
        disk = self.draft(**{"from": "disk"})
        self.assertEqual((disk["name"], disk["changes"]), ("on disk", 1))
        self.apply(disk)
        self.assertFalse(self.ask("GET", "/api/v1/config:status")["file_differs"])
        self.assertEqual(self.on_disk(), by_hand)
        self.assertEqual(self.ask("GET", "/api/v1/config"), by_hand)

    def test_a_file_edited_while_a_change_waits_is_not_overwritten_by_its_confirmation(self):
        self.apply(self.draft(DENIED), confirm_within="10m")
        self.write_disk(TEXT + "# by hand\n")
        self.assertIn("edited by hand", self.ask("POST", "/api/v1/pending:confirm", expect=409)["detail"])
        self.assertIsNotNone(self.pending())
        self.assertEqual(self.on_disk(), TEXT + "# by hand\n")
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.wait_for("told to reload, before it was confirmed")
        self.daemon.wait_for("reloaded: generation 3")
        self.assertTrue(self.allows())

    def test_of_two_that_began_at_the_same_state_the_second_is_told_who_was_first(self):
        first, second = self.draft(DENIED), self.draft(TEXT.replace("# The", "# My"))
        self.apply(first, message="ticket 4711")
        self.assertIn("ticket 4711", self.apply(second, expect=412)["detail"])
        self.assertTrue(self.ask("GET", f"/api/v1/drafts/{second['id']}")["stale"])
        second = self.ask("POST", f"/api/v1/drafts/{second['id']}:rebase")
        self.apply(second)
        self.assertEqual(self.on_disk(), DENIED.replace("# The", "# My"))
        third = self.draft(DENIED.replace("# The", "# Their"))
        self.apply(self.draft(DENIED.replace("# The", "# Our")))
        self.assertEqual(self.ask("POST", f"/api/v1/drafts/{third['id']}:rebase", expect=409)["conflicts"][0]["line"], 1)

    def test_a_test_that_fails_keeps_a_change_out_unless_somebody_says_why(self):
        draft = self.draft(DENIED + TEST)
        checked = self.ask("POST", f"/api/v1/drafts/{draft['id']}:check")
        self.assertEqual((checked["tests"]["failed"], len(checked["tests"]["failures"])), (1, 1))
        self.assertIn("loopback stays open", self.apply(draft, expect=422)["expected"])
        self.assertTrue(self.allows())
        self.apply(draft, override_tests="the test is about to change")
        self.assertFalse(self.allows())

    def test_what_a_change_refuses_can_be_counted_before_and_ended_with_it(self):
        tunnel = self.daemon.connect(self.echo.address)
        self.addCleanup(tunnel.close)
        loopback.exchange(tunnel)
        draft = self.draft(DENIED)
        impact = self.ask("POST", f"/api/v1/drafts/{draft['id']}:impact", json={})["sessions"]
        self.assertEqual((impact["asked"], impact["refused"], impact["list"][0]["refused_by"]), (1, 1, "nobody"))
        same = self.draft(TEXT + "# the same\n")
        self.assertEqual(self.ask("POST", f"/api/v1/drafts/{same['id']}:impact", json={})["sessions"]["refused"], 0)
        loopback.exchange(tunnel)
        self.assertEqual(self.apply(draft, end_refused=True)["ended"], 1)
        self.assertEqual(self.daemon.records(1)[0]["ended_by"], "policy")

    def test_a_lock_ends_and_refuses_until_it_is_taken_away(self):
        tunnel = self.daemon.connect(self.echo.address)
        self.addCleanup(tunnel.close)
        loopback.exchange(tunnel)
        lock = self.ask("POST", "/api/v1/locks", json={"client": "127.0.0.0/8", "reason": "a test"}, expect=201)
        self.assertEqual(lock["ended"], 1)
        record = self.daemon.records(1)[0]
        self.assertEqual((record["ended_by"], record["why"]), ("operator", "locked by an operator"))
        self.assertFalse(self.allows())
        self.assertEqual(self.daemon.records(2)[1]["rule"], "lock:" + lock["id"])
        self.assertEqual(self.metric("sluice_locks"), "1")
        self.assertEqual([rule["name"] for rule in self.ask("GET", "/api/v1/rules")["rules"]], ["all"])
        self.assertEqual(self.ask("GET", "/api/v1/warnings")["warnings"], [])
        self.assertEqual(self.on_disk(), TEXT)
        # It outlives a reload and a change that is undone.
        self.ask("POST", "/api/v1/config:reload")
        self.assertFalse(self.allows())
        self.ask("DELETE", f"/api/v1/locks/{lock['id']}")
        self.assertTrue(self.allows())
        self.ask("DELETE", f"/api/v1/locks/{lock['id']}", expect=404)
        self.ask("POST", "/api/v1/locks", json={"client": "10.0.0.0/33"}, expect=400)
        self.ask("POST", "/api/v1/locks", json={"reason": "whom?"}, expect=400)

    def test_a_lock_set_while_a_change_waits_outlives_its_end(self):
        self.apply(self.draft(TEXT + "# the same\n"), confirm_within="10m")
        lock = self.ask("POST", "/api/v1/locks", json={"destination": "127.0.0.1"}, expect=201)
        self.ask("POST", "/api/v1/pending:rollback")
        self.assertFalse(self.allows())
        self.assertEqual([at["id"] for at in self.ask("GET", "/api/v1/locks")["locks"]], [lock["id"]])


    def test_what_was_in_force_is_kept_and_can_be_restored(self):
        self.apply(self.draft(DENIED), message="shut", confirm_within="10m")
        self.assertEqual(len(self.ask("GET", "/api/v1/revisions")["revisions"]), 1)  # not yet
        self.assertEqual(self.ask("POST", "/api/v1/pending:confirm")["revision"], 2)
        newest, first = self.ask("GET", "/api/v1/revisions")["revisions"]
        self.assertEqual((newest["number"], newest["message"], newest["in_force"], first["in_force"]), (2, "shut", True, False))
        self.assertEqual(self.ask("GET", "/api/v1/revisions/1")["text"], TEXT)
        diff = self.ask("GET", "/api/v1/revisions/1:diff")
        self.assertEqual([(change["op"], change["kind"], change["name"]) for change in diff["changes"]], [("added", "rule", "nobody")])
        self.assertEqual(self.ask("GET", "/api/v1/revisions/1:diff", {"to": 2}), {**diff, "text": diff["text"].replace("in force", "revision 2")})
        self.ask("GET", "/api/v1/revisions/9", expect=404)
        draft = self.ask("POST", "/api/v1/revisions/1:restore", expect=201)
        self.apply(draft)
        self.assertTrue(self.allows())
        self.assertEqual(self.on_disk(), TEXT)


class Restarts(Changes):
    """With a state folder. The tests of Changes hold there too."""

    def start(self, *flags, **how):
        super().start(f"--state_folder={self.folder}/state", *flags, **how)

    def restart(self, *flags, **how):
        self.daemon.ends()
        self.start(*flags, **how)

    def restart_without_a_configuration(self):
        """In a network of its own, since the shipped one listens at a port that others may have."""
        alone = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
        self.restart("--config=", before=alone)

    def test_a_lock_outlives_a_restart(self):
        lock = self.ask("POST", "/api/v1/locks", json={"client": "127.0.0.1", "reason": "a test"}, expect=201)
        self.restart()
        self.assertFalse(self.allows())
        self.assertEqual(self.ask("GET", "/api/v1/locks")["locks"], [{**lock, "ended": 0}])
        self.ask("DELETE", f"/api/v1/locks/{lock['id']}")
        self.assertTrue(self.allows())

    def test_what_a_draft_would_have_answered_otherwise_is_counted(self):
        self.daemon.session(self.echo.address)
        self.daemon.records(1)
        draft = self.draft(DENIED)
        found = wait_until(lambda: (lambda requests: requests if requests["asked"] else None)(
            self.ask("POST", f"/api/v1/drafts/{draft['id']}:impact", json={"hours": 1})["requests"]), "the request in the store")
        self.assertEqual((found["refused"], found["allowed"], found["truncated"]), (1, 0, False))
        self.assertEqual(found["list"][0]["becomes"], "refused")

    def test_without_a_configuration_the_first_change_makes_a_file_that_is_used_from_then_on(self):
        self.restart_without_a_configuration()
        self.assertIsNone(self.ask("GET", "/api/v1/config:status")["path"])
        text = self.ask("GET", "/api/v1/config").replace("port = 1080", "port = 0") + DENY.replace("nobody", "no one")
        self.apply(self.draft(text))
        made = os.path.join(self.folder, "state", "sluice.toml")
        with open(made) as file:
            self.assertEqual(file.read(), text)
        self.daemon.wait_for("the configuration is kept in " + made)
        self.assertEqual(self.ask("GET", "/api/v1/config:status")["path"], made)
        self.restart_without_a_configuration()
        self.assertEqual(self.ask("GET", "/api/v1/config"), text)
        self.assertEqual(self.ask("GET", "/api/v1/config:status")["path"], made)


if __name__ == "__main__":
    cases.main()
