"""The API against its own document: every operation of openapi.json is asked of a real daemon with a session open, and every answer must be
as the document says."""

import json
import os
import re
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from door_client import DoorClient  # noqa: E402
from loopback import wait_until  # noqa: E402

POLICY = loopback.CONFIG + """
[sets.unused]
addresses = ["192.0.2.0/24"]

[[rule]]
name = "old"
expires = 2020-01-01
destination = ["any"]
verdict = "deny"
""" + loopback.ALLOW_ALL


class Api(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-api-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        path = os.path.join(self.folder, "s")
        self.daemon = loopback.Daemon(f"--admin_socket={path}", "--admin_listen=127.0.0.1:0", f"--state_folder={self.folder}/state",
                                      "--drain_seconds=60",
                                      config=POLICY)
        self.addCleanup(self.daemon.close)
        self.daemon.wait_for("ready, listening on")
        self.echo = loopback.Echo()
        self.addCleanup(self.echo.close)
        self.door = DoorClient(path)
        self.ask = self.door.ask

    def open_session(self):
        tunnel = self.daemon.connect(self.echo.address)
        self.addCleanup(tunnel.close)
        loopback.exchange(tunnel)
        return tunnel

    def test_every_operation_answers_as_the_document_says(self):
        self.health()
        self.sessions()
        self.traces()
        self.policy()
        self.entries()
        self.changes()
        self.accounts()
        self.events()
        self.browser()
        self.store()
        self.last()
        self.assertEqual(set(self.door.api.operations) - self.door.done, set(), "operations that this test never asks with success")

    def health(self):
        for path in ("/livez", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/me", "/api/v1/status"):
            self.ask("GET", path)
        self.ask("GET", "/metrics", headers={"Accept": "application/openmetrics-text"})

    def sessions(self):
        for _ in range(3):
            self.open_session()
        listed = self.ask("GET", "/api/v1/sessions", {"filter": "rule=all", "limit": 2})
        self.assertEqual(len(listed["sessions"]), 2)
        self.ask("GET", "/api/v1/sessions", {"cursor": listed["next"]})
        self.ask("GET", "/api/v1/sessions", {"format": "csv"})
        name = listed["sessions"][0]["session"]
        self.assertEqual(self.ask("GET", f"/api/v1/sessions/{name}")["session"], name)
        self.assertEqual(self.ask("DELETE", f"/api/v1/sessions/{name}", {"reason": "a test"}), {"ended": 1})
        self.ask("GET", "/api/v1/sessions/0-999999", expect=404)
        dry = self.ask("POST", "/api/v1/sessions:end", json={"filter": "rule=all", "dry_run": True})
        self.assertEqual(dry["ended"], 0)
        self.ask("POST", "/api/v1/sessions:end", json={"all": True, "reason": "the end"})
        wait_until(lambda: not self.ask("GET", "/api/v1/sessions")["sessions"], "all sessions to end")
        self.ask("POST", "/api/v1/sessions:end", json={"filter": "pot=tea"}, expect=400)

    def changes(self):
        text = self.ask("GET", "/api/v1/config")
        self.ask("GET", "/api/v1/config:status")
        draft = self.ask("POST", "/api/v1/drafts", json={"name": "one"}, expect=201)
        at = f"/api/v1/drafts/{draft['id']}"
        self.ask("GET", at)
        self.ask("GET", at + "/config")
        draft = self.ask("PUT", at + "/config", text=text + "# more\n", headers={"If-Match": draft["etag"]})
        self.ask("GET", at + "/config", headers={"If-None-Match": draft["etag"]}, expect=304)
        self.ask("PATCH", at, json={"name": "two"})
        self.ask("GET", "/api/v1/drafts")
        for step in ("check", "diff", "rebase"):
            self.ask("POST", f"{at}:{step}")
        self.ask("POST", at + ":impact", json={})
        self.ask("POST", at + ":apply", json={}, expect=428)
        for end in ("rollback", "confirm"):
            self.ask("POST", at + ":apply", json={"message": "a test", "confirm_within": "10m"}, headers={"If-Match": draft["etag"]})
            self.assertEqual(self.ask("GET", "/api/v1/pending")["pending"]["message"], "a test")
            self.ask("POST", "/api/v1/pending:extend", json={"by": "1m"})
            self.ask("POST", f"/api/v1/pending:{end}")
        self.assertIsNone(self.ask("GET", "/api/v1/pending")["pending"])
        draft = self.ask("POST", "/api/v1/drafts", json={"from": "disk"}, expect=201)
        self.ask("DELETE", f"/api/v1/drafts/{draft['id']}")
        self.ask("GET", "/api/v1/revisions", {"limit": 10})
        self.ask("GET", "/api/v1/revisions/1")
        self.ask("GET", "/api/v1/revisions/1:diff", {"to": 1})
        draft = self.ask("POST", "/api/v1/revisions/1:restore", expect=201)
        self.ask("DELETE", f"/api/v1/drafts/{draft['id']}")
        lock = self.ask("POST", "/api/v1/locks", json={"user": "mallory", "expires": "2100-01-01T00:00:00Z"}, expect=201)
        self.ask("GET", "/api/v1/locks")
        self.ask("DELETE", f"/api/v1/locks/{lock['id']}")

    def accounts(self):
        self.ask("POST", "/api/v1/admins", json={"name": "alice", "role": "viewer", "password": "correct horse"}, expect=201)
        self.ask("POST", "/api/v1/admins", json={"name": "alice", "role": "viewer", "password": "correct horse"}, expect=409)
        self.ask("POST", "/api/v1/admins", json={"name": "a b", "role": "viewer", "password": "correct horse"}, expect=400)
        self.ask("PUT", "/api/v1/admins/alice", json={"role": "operator"})
        self.assertEqual(self.ask("GET", "/api/v1/admins")["admins"][0]["role"], "operator")
        self.ask("DELETE", "/api/v1/admins/alice")
        self.ask("DELETE", "/api/v1/admins/alice", expect=404)
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
        made = self.ask("POST", "/api/v1/tokens", json={"name": "backup", "role": "viewer", "expires": expires}, expect=201)
        self.assertNotIn(made["token"], str(self.ask("GET", "/api/v1/tokens")))
        self.ask("DELETE", f"/api/v1/tokens/{made['id']}")
        self.ask("POST", "/api/v1/tokens", json={"name": "backup", "role": "viewer", "expires": "2099-01-01T00:00:00Z"}, expect=400)

    def events(self):
        heard = self.door.hear("/api/v1/events", {"topics": "status,config,audit,log", "filter": "rule=all"}, '"setup_p99_ms"')
        self.assertIn("event: status", heard)
        status = json.loads(heard[-1].removeprefix("data: "))
        self.assertGreaterEqual(set(status), {"at", "sessions", "bytes", "accepted_per_s", "bytes_per_s", "setup_p99_ms", "failed_share", "ended_by", "shards"})
        self.assertEqual(len(status["shards"]), 1)
        self.ask("GET", "/api/v1/events", {"topics": "tea"}, expect=400)
        self.ask("GET", "/api/v1/history")

    def browser(self):
        link = self.ask("POST", "/api/v1/sign-in:link")["url"]
        place, code = link.split("/#code=")
        self.door.at = place.removeprefix("http://").split(":")
        page = self.ask("GET", "/")
        asset = re.search(r'"(/assets/[^"]+)"', page)
        if asset:
            self.ask("GET", asset.group(1))
        else:  # a build without the console
            self.door.done.add(("GET", "/assets/{name}"))
        self.ask("GET", "/api/v1/me", expect=401)
        csrf = self.ask("POST", "/api/v1/sign-in", json={"code": code})["csrf"]
        cookie = {"Cookie": self.door.headers_of["set-cookie"].split(";")[0], "Sluice-CSRF": csrf}
        self.assertEqual(self.ask("GET", "/api/v1/me", headers=cookie)["csrf"], csrf)
        self.ask("POST", "/api/v1/sign-in", json={"code": code}, expect=401)
        self.ask("POST", "/api/v1/sign-out", headers=cookie)
        self.ask("GET", "/api/v1/me", headers=cookie, expect=401)
        self.door.at = None

    def entries(self):
        draft = self.ask("POST", "/api/v1/drafts", json={}, expect=201)
        at = f"/api/v1/drafts/{draft['id']}"

        def edit(verb, path, **body):
            nonlocal draft
            draft = self.ask(verb, f"{at}/{path}", headers={"If-Match": draft["etag"]}, **body)

        for part, keys in (("rules", {"verdict": "deny"}), ("sets", {"addresses": []}), ("users", {"password": "x"}), ("groups", {"members": []}),
                           ("tests", {"client": "10.1.1.1", "destination": "192.0.2.1", "port": 1, "expect": "allow"})):
            edit("POST", part, json={"name": "new", **keys})
            edit("PUT", f"{part}/new", json={"name": "newer", **keys})
            edit("POST", f"{part}/newer:move", json={"before": None})
            if part == "rules":
                edit("POST", "rules/newer:enable", json={"enabled": False})
            self.ask("GET", f"/api/v1/config/{part}")
            self.ask("GET", f"/api/v1/config/{part}", {"draft": draft["id"]})
            edit("DELETE", f"{part}/newer")
        edit("PATCH", "settings", json={"socks": {"backlog": 128}})
        self.ask("GET", "/api/v1/config/settings", {"draft": draft["id"]})
        self.ask("GET", "/api/v1/config/rules", {"draft": "d999"}, expect=404)
        self.ask("DELETE", at)

    def last(self):
        """What ends the daemon, once nothing else is left to ask."""
        self.ask("POST", "/api/v1/support-bundle")
        self.open_session()
        self.assertEqual(self.ask("POST", "/api/v1/drain", expect=202), {"state": "draining"})
    def traces(self):
        self.ask("POST", "/api/v1/traces", json={"filter": "rule=all", "sessions": 1})
        tunnel = self.open_session()
        caught = self.ask("GET", "/api/v1/traces")["traces"]
        trace = self.ask("GET", f"/api/v1/sessions/{caught[0]['session']}/trace")
        told = {step["step"]: step["text"] for step in trace["steps"]}
        self.assertIn("allow by all", told["decision"])
        self.assertEqual(told["connected"], "to %s:%d" % self.echo.address)
        self.assertEqual(told["reply"], "0")
        self.ask("DELETE", "/api/v1/traces")
        name = self.ask("GET", "/api/v1/sessions")["sessions"][0]["session"]
        self.ask("GET", f"/api/v1/sessions/{name}/trace", expect=404)
        self.ask("POST", f"/api/v1/sessions/{name}:trace")
        tunnel.close()
        end = wait_until(lambda: [step for step in self.ask("GET", f"/api/v1/sessions/{name}/trace")["steps"] if step["step"] == "end"], "its end")
        self.assertIn("by client", end[0]["text"])
        self.ask("POST", "/api/v1/traces", json={"sessions": 33}, expect=400)

    def store(self):
        listed = self.ask("GET", "/api/v1/audit", {"limit": 1})
        self.ask("GET", "/api/v1/audit", {"before": listed["next"]})
        self.assertTrue(self.ask("GET", "/api/v1/audit:verify")["ok"])
        self.ask("GET", "/api/v1/audit", {"limit": 0}, expect=400)
        log = wait_until(lambda: self.ask("GET", "/api/v1/log", {"filter": "ended_by=operator"})["requests"], "ended sessions in the log")
        self.ask("GET", "/api/v1/log", {"cursor": log[0]["number"], "limit": 1})
        self.ask("GET", "/api/v1/log", {"from": "yesterday"}, expect=400)
        for report in ("denied", "failures", "traffic", "unused-rules"):
            self.ask("GET", f"/api/v1/reports/{report}")
        for by in ("user", "client", "destination", "rule"):
            self.ask("GET", "/api/v1/reports/top", {"by": by})
        self.ask("GET", "/api/v1/reports/top", {"by": "height"}, expect=400)
        for form in ("csv", "ndjson"):
            self.ask("GET", "/api/v1/log", {"format": form})
            self.ask("GET", "/api/v1/reports/traffic", {"format": form})

    def policy(self):
        self.ask("GET", "/api/v1/rules")
        self.assertTrue(self.ask("GET", "/api/v1/warnings")["warnings"])
        for question in ({"client": "10.1.7.20", "destination": "192.0.2.7", "port": 443},
                         {"client": "[2001:db8::1]:50112", "user": "alice", "command": "connect", "destination": "www.example.com", "port": 443,
                          "addresses": ["192.0.2.7", "127.0.0.1"], "at": "2019-01-01T00:00:00Z"},
                         {"client": "10.1.7.20", "command": "udp_associate"}):
            self.ask("POST", "/api/v1/explain", json=question)
        text = self.ask("GET", "/api/v1/config")
        self.ask("GET", "/api/v1/config", headers={"If-None-Match": self.door.headers_of["etag"]}, expect=304)
        self.assertTrue(self.ask("POST", "/api/v1/config:check", text=text)["ok"])
        self.assertFalse(self.ask("POST", "/api/v1/config:check", text=text + "\n[nothing]\n")["ok"])
        self.ask("POST", "/api/v1/config:reload")
        self.daemon.write("sluice.toml", text + "\n[nothing]\n")
        self.assertTrue(self.ask("POST", "/api/v1/config:reload", expect=422)["problems"])
        self.daemon.write("sluice.toml", text)
        self.ask("POST", "/api/v1/config:reload")


if __name__ == "__main__":
    cases.main()
