"""What outlives the process: the state folder of a real daemon, over restarts, a kill, a second daemon and a damaged file."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from door_client import DoorClient  # noqa: E402
from loopback import WAIT_SECONDS, wait_until  # noqa: E402

SLUICECTL = os.environ["SLUICECTL"]


class WithState(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-store-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.state = os.path.join(self.folder, "state")
        self.socket = os.path.join(self.folder, "s")
        self.echo = loopback.Echo()
        self.addCleanup(self.echo.close)
        self.start()

    def start(self, *flags, **kwargs):
        self.daemon = loopback.Daemon(f"--admin_socket={self.socket}", f"--state_folder={self.state}", *flags, **kwargs)
        self.addCleanup(self.daemon.close)
        self.daemon.wait_for("ready, listening on")
        self.door = DoorClient(self.socket)
        self.ask = self.door.ask

    def restart(self):
        self.assertEqual(self.daemon.ends(), 0)
        self.start()

    def ctl(self, *arguments, code=0):
        done = subprocess.run([SLUICECTL, f"--socket={self.socket}", *arguments], capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr


class Folder(WithState):
    def test_it_is_there_and_nobody_elses(self):
        for name, mode in ((".", 0o700), ("store.db", 0o600), ("log.db", 0o600)):
            self.assertEqual(os.stat(os.path.join(self.state, name)).st_mode & 0o777, mode, name)
        state = self.ask("GET", "/api/v1/status")["store"]
        self.assertEqual((state["folder"], state["fault"], state["set_aside"]), (self.state, None, []))

    def test_a_second_daemon_does_not_get_it(self):
        second = loopback.Daemon(f"--state_folder={self.state}")
        self.addCleanup(second.close)
        self.assertEqual(second.process.wait(WAIT_SECONDS), 1)
        self.assertIn(f"sluiced: --state_folder={self.state}: expected a folder that nobody else uses", second.log())

    def test_where_it_is_automatic_the_gateway_goes_on_without(self):
        second = loopback.Daemon("--state_folder=auto", env={**os.environ, "STATE_DIRECTORY": self.state})
        self.addCleanup(second.close)
        second.wait_for("ready, listening on")
        self.assertIn("no state folder", second.log())

    def test_a_damaged_file_is_set_aside(self):
        self.daemon.ends()
        path = os.path.join(self.state, "store.db")
        with open(path, "wb") as file:
            file.write(b"x" * 8192)
        self.start()
        (aside,) = self.ask("GET", "/api/v1/status")["store"]["set_aside"]
        self.assertTrue(aside.startswith(path + ".damaged-"), aside)
        self.assertIn("is damaged", self.daemon.log())
        self.ask("POST", "/api/v1/config:reload")
        self.assertEqual(len(self.ask("GET", "/api/v1/audit")["records"]), 1)


class Audit(WithState):
    def newest(self):
        return self.ask("GET", "/api/v1/audit", {"limit": 1})["records"][0]

    def test_every_write_is_in_it_and_no_look(self):
        self.ask("GET", "/api/v1/rules")
        self.assertEqual(self.ask("GET", "/api/v1/audit")["records"], [])
        tunnel = self.daemon.connect(self.echo.address)
        self.addCleanup(tunnel.close)
        name = self.ask("GET", "/api/v1/sessions")["sessions"][0]["session"]
        self.ask("DELETE", f"/api/v1/sessions/{name}", {"reason": "left"})
        said = self.newest()
        self.assertEqual((said["action"], said["object"], said["outcome"], said["detail"], said["role"], said["door"], said["from"]),
                         ("DELETE /api/v1/sessions/{name}", name, "200", "left", "administrator", "unix", f"uid {os.geteuid()}"))
        self.ask("POST", "/api/v1/sessions:end", json={"filter": "pot=tea"}, expect=400)
        self.assertEqual(self.newest()["outcome"], "400")
        self.assertIn("expected a key", self.newest()["detail"])
        self.door.raw("POST", "/nowhere")
        self.assertEqual((self.newest()["action"], self.newest()["outcome"]), ("POST of no resource", "404"))
        self.assertIn("audit: ", self.daemon.log())

    def test_it_outlives_a_kill_and_pages(self):
        for _ in range(3):
            self.ask("POST", "/api/v1/config:reload")
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.start()
        first = self.ask("GET", "/api/v1/audit", {"limit": 2})
        self.assertEqual([record["number"] for record in first["records"]], [3, 2])
        rest = self.ask("GET", "/api/v1/audit", {"before": first["next"]})
        self.assertEqual(([record["number"] for record in rest["records"]], rest["next"]), ([1], None))
        self.assertEqual(self.ask("GET", "/api/v1/audit:verify"), {"ok": True, "records": 3, "broken_at": None})

    def test_who_edits_it_is_found_out(self):
        for _ in range(3):
            self.ask("POST", "/api/v1/config:reload")
        self.assertIn("3 records", self.ctl("audit", "verify"))
        with sqlite3.connect(os.path.join(self.state, "store.db")) as database:
            database.execute("UPDATE audit SET who='nobody' WHERE number=2")
        self.assertEqual(self.ask("GET", "/api/v1/audit:verify"), {"ok": False, "records": 3, "broken_at": 2})
        self.assertIn("found record 2 of 3 records changed", self.ctl("audit", "verify", code=1))

    def test_without_a_folder_it_is_in_memory(self):
        self.daemon.ends()
        self.start("--state_folder=")
        self.ask("POST", "/api/v1/config:reload")
        self.assertEqual(self.newest()["outcome"], "200")
        self.assertIsNone(self.ask("GET", "/api/v1/status")["store"]["folder"])

    def test_the_command_line_shows_it(self):
        self.ctl("reload")
        table = self.ctl("audit")
        self.assertIn("POST /api/v1/config:reload", table)
        self.assertEqual(self.ctl("audit", "-o", "csv").splitlines()[0].split(",")[:3], ["number", "at", "who"])


class Log(WithState):
    def refused(self):
        """A request that comes to nothing: nobody listens there."""
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        with socket.create_connection((loopback.GATEWAY, self.daemon.listening()), WAIT_SECONDS) as client:
            client.sendall(b"\5\1\0" + b"\5\1\0\1" + socket.inet_aton("127.0.0.1") + port.to_bytes(2, "big"))
            while client.recv(100):
                pass

    def logged(self, count, **query):
        def found():
            page = self.ask("GET", "/api/v1/log", query)
            return page if len(page["requests"]) >= count else None
        return wait_until(found, f"{count} requests in the log")

    def test_it_has_what_the_access_log_has(self):
        self.daemon.session(self.echo.address)
        self.refused()
        page = self.logged(2)
        lines = {line["session"]: line for line in self.daemon.records(2)}
        for request in page["requests"]:
            line = lines[request["session"]]
            self.assertEqual(request["started"], line["time"])
            for field in ("client", "version", "command", "destination", "port", "target", "rule", "reply", "bytes_up", "bytes_down", "duration_ms",
                          "ended_by", "state", "why", "error"):
                self.assertEqual(request.get(field), line.get(field), field)
        self.assertEqual((page["about"], page["next"], page["whole"], sum(bucket["n"] for bucket in page["histogram"])), (2, None, True, 2))

    def test_filters_pages_and_forms(self):
        for _ in range(5):
            self.daemon.session(self.echo.address)
        self.refused()
        self.assertEqual(len(self.logged(1, filter="reply=5 verdict=allow ended_by=target")["requests"]), 1)
        self.logged(6)
        first = self.ask("GET", "/api/v1/log", {"filter": "reply=0", "limit": 3})
        rest = self.ask("GET", "/api/v1/log", {"filter": "reply=0", "limit": 3, "cursor": first["next"]})
        self.assertEqual((len(first["requests"]), first["about"], len(rest["requests"]), rest["next"]), (3, 5, 2, None))
        numbers = [request["number"] for request in first["requests"] + rest["requests"]]
        self.assertEqual(numbers, sorted(numbers, reverse=True))
        at = first["requests"][-1]["at"]
        later = self.ask("GET", "/api/v1/log", {"from": at})["requests"]
        self.assertTrue(all(request["at"] >= at for request in later))
        self.assertEqual(len(self.ask("GET", "/api/v1/log", {"format": "csv"}).splitlines()), 7)
        self.assertEqual(len(self.ask("GET", "/api/v1/log", {"format": "ndjson"}).splitlines()), 6)
        self.assertIn("connection", self.ctl("log", "reply=5"))
        self.assertIn("no session matches", self.ctl("log", "user=nobody", code=4))

    def test_it_outlives_a_restart_and_so_do_counts_of_rules(self):
        self.daemon.session(self.echo.address)
        self.logged(1)
        self.restart()
        self.assertEqual(self.ask("GET", "/api/v1/rules")["rules"][0]["hits"], 1)
        self.daemon.session(self.echo.address)
        self.logged(2)
        self.assertEqual(self.ask("GET", "/api/v1/rules")["rules"][0]["hits"], 2)
        self.assertIn("all", self.ctl("report", "top", "--by=rule"))

    def test_reports_count(self):
        for _ in range(3):
            self.daemon.session(self.echo.address)
        self.refused()
        self.logged(4)
        (row,) = self.ask("GET", "/api/v1/reports/top", {"by": "destination"})["rows"]
        self.assertEqual((row["name"], row["requests"], row["denied"], row["bytes_up"]), ("127.0.0.1", 4, 0, 15))
        (row,) = self.ask("GET", "/api/v1/reports/failures")["rows"]
        self.assertEqual((row["ended_by"], row["state"], row["reply"], row["requests"]), ("target", "connection", 5, 1))
        self.assertEqual(self.ask("GET", "/api/v1/reports/denied")["rows"], [])
        self.assertEqual(sum(row["requests"] for row in self.ask("GET", "/api/v1/reports/traffic")["rows"]), 4)
        self.assertEqual(self.ask("GET", "/api/v1/reports/unused-rules")["rows"], [])
        self.assertIn("connection", self.ctl("report", "failures", "--last=1h"))

    def test_what_rules_refuse_is_in_it(self):
        self.daemon.ends()
        self.start(config=loopback.CONFIG)  # no rule: nothing is allowed
        self.refused()
        self.logged(1, filter="verdict=deny")
        (row,) = self.ask("GET", "/api/v1/reports/denied")["rows"]
        self.assertEqual((row["client"], row["destination"], row["requests"]), ("127.0.0.1", "127.0.0.1", 1))

    def test_without_a_folder_there_is_none(self):
        self.daemon.ends()
        self.start("--state_folder=")
        said = self.ask("GET", "/api/v1/log", expect=503)
        self.assertIn("--state_folder=PATH", said["detail"])


class Support(WithState):
    def test_a_bundle_has_no_passwords(self):
        hashed = subprocess.run([loopback.SLUICED, "--hash_password"], input=b"correct horse\n", stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        self.daemon.ends()
        users = f'[auth]\nmethods = ["none", "password"]\n[[user]]\nname = "alice"\npassword = "{hashed}"\n'
        self.start(config=loopback.CONFIG + users + loopback.ALLOW_ALL)
        path = os.path.join(self.folder, "bundle.tar.gz")
        self.ctl("bundle", path)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with tarfile.open(path) as bundle:
            files = {member.name.split("/", 1)[1]: bundle.extractfile(member).read().decode() for member in bundle}
        self.assertEqual(set(files), {"version.txt", "status.json", "metrics.txt", "sluice.toml", "rules.json", "config_warnings.json", "warnings.log",
                                      "system.txt"})
        self.assertIn('name = "alice"', files["sluice.toml"])
        self.assertIn("sluice_sessions_accepted_total", files["metrics.txt"])
        self.assertEqual(json.loads(files["status.json"])["pid"], self.daemon.process.pid)
        for name, text in files.items():
            self.assertNotIn(hashed[4:], text, name)
        self.ctl("bundle", path, code=1)  # it is there

    def test_drain(self):
        self.daemon.ends()
        self.start("--drain_seconds=60")
        tunnel = self.daemon.connect(self.echo.address)
        self.addCleanup(tunnel.close)
        self.ctl("drain")
        self.daemon.wait_for("draining")
        loopback.exchange(tunnel)
        self.ctl("drain", code=1)
        loopback.exchange(tunnel)
        tunnel.close()
        self.assertEqual(self.daemon.process.wait(WAIT_SECONDS), 0)


if __name__ == "__main__":
    cases.main()
