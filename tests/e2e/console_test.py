"""The console in a real browser at the real daemon: the two procedures that it must serve word for word, and what then goes through the
gateway; every screen's accessibility; hostile names; sign-in."""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from door_client import DoorClient  # noqa: E402

BROWSER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "console_browser.mjs")
CONSOLE = os.path.dirname(os.path.realpath(os.environ.get("CONSOLE", "tools/console/package.json")))
STORY_SECONDS = 240
MARKUP = "<img src=x onerror=alert(1)>"
RULES = """
[[rule]]
name = "nothing"
source = ["192.0.2.1"]
verdict = "deny"

[[rule]]
name = "<img src=x onerror=alert(1)>"
source = ["192.0.2.2"]
verdict = "deny"
"""
SCREENS = [
    "#/overview", "#/sessions", "#/policies/condition-elements/socks-request", "#/policies/condition-elements/socks-request?new=1",
    "#/policies/condition-elements/socks-request/nothing", "#/policies/condition-elements/sets", "#/policies/condition-elements/tests",
    "#/policies/explain?client=192.0.2.1&destination=example.com&port=443", "#/policies/review", "#/users/users", "#/users/groups",
    "#/logs/log", "#/logs/top", "#/logs/denied", "#/logs/failures", "#/logs/traffic", "#/logs/unused",
    "#/administration/system/devices", "#/administration/system/devices/socks", "#/administration/system/process", "#/administration/revisions",
    "#/administration/audit", "#/administration/administrators", "#/administration/tokens", "#/administration/locks", "#/help/admin", "#/help/operating",
]


def why_not():
    if not os.path.isdir(os.path.join(CONSOLE, "node_modules/playwright-core")):
        return "npm packages are not installed"
    return None if shutil.which("chromium") else "chromium is not installed"


class Console(unittest.TestCase):
    def start(self, config=loopback.CONFIG + RULES, **options):
        self.folder = tempfile.mkdtemp(prefix="sluice-console-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = os.path.join(self.folder, "s")
        self.daemon = loopback.Daemon(f"--admin_socket={self.socket}", "--admin_listen=127.0.0.1:0", config=config, **options)
        self.addCleanup(self.daemon.close)
        self.daemon.wait_for("ready, listening on")
        self.door = DoorClient(self.socket)
        self.echo = loopback.Echo()
        self.addCleanup(self.echo.close)

    def link(self):
        return self.door.ask("POST", "/api/v1/sign-in:link")["url"]

    def story(self, told, link=None, **options):
        done = subprocess.run(["node", BROWSER, told, self.link() if link is None else link, json.dumps(options)], env={**os.environ, "CONSOLE": CONSOLE}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=STORY_SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def ask_socks4(self, user=b""):
        client = socket.create_connection((loopback.GATEWAY, self.daemon.listening()), loopback.WAIT_SECONDS)
        self.addCleanup(client.close)
        host, port = self.echo.address
        client.sendall(b"\x04\x01" + struct.pack("!H", port) + socket.inet_aton(host) + user + b"\0")
        return client, client.recv(8)

    def ask_socks5(self, destination=None):
        client = socket.create_connection((loopback.GATEWAY, self.daemon.listening()), loopback.WAIT_SECONDS)
        self.addCleanup(client.close)
        host, port = self.echo.address
        where = b"\1" + socket.inet_aton(host) if destination is None else b"\3" + bytes([len(destination)]) + destination
        client.sendall(b"\5\1\0" + b"\5\1\0" + where + struct.pack("!H", port))
        said = b""
        while len(said) < 4:
            said += client.recv(4 - len(said)) or self.fail(said)
        return client, said[3]

    def test_a_rule_is_made_as_the_procedure_says_and_lets_through(self):
        self.start()
        self.assertNotEqual(self.ask_socks5()[1], 0)
        self.story("rule", name="to_the_echo", **{"from": "127.0.0.1", "to": "127.0.0.1"})
        self.assertEqual(self.ask_socks5()[1], 0)
        with open(self.daemon.config) as file:
            text = file.read()
        self.assertIn('name = "to_the_echo"', text)
        self.assertIn(RULES.strip(), text, "what was there stays as it was written")

    def test_socks_is_configured_as_the_procedure_says(self):
        self.start(config=loopback.CONFIG + loopback.ALLOW_ALL)
        self.assertNotEqual(self.ask_socks4()[1][:2], b"\0\x5a")
        self.story("socks")
        self.assertEqual(self.ask_socks4()[1][:2], b"\0\x5a")
        with open(self.daemon.config) as file:
            self.assertRegex(file.read(), re.compile(r"socks4\s*=\s*true", re.M))

    def test_a_rule_by_name_and_what_is_wrong_in_a_form(self):
        self.start()
        self.story("byUrl", name="by_name", url="*.example.com")
        self.assertIn("by_name", [rule["name"] for rule in self.door.ask("GET", "/api/v1/rules")["rules"]])
        self.story("faults")

    def test_the_file_is_edited_as_text_and_kept_or_taken_back(self):
        self.start()
        verdict = lambda: self.door.ask("GET", "/api/v1/rules")["rules"][0]["verdict"]
        self.story("text", before='source = ["192.0.2.1"]\nverdict = "deny"', after='source = ["192.0.2.1"]\nverdict = "allow"', then="Roll back")
        self.assertEqual(verdict(), "deny")
        self.story("text", then="Confirm")
        self.assertEqual(verdict(), "allow")
        with open(self.daemon.config) as file:
            self.assertIn('source = ["192.0.2.1"]\nverdict = "allow"', file.read())

    def test_rules_move_by_keys(self):
        self.start(config=loopback.CONFIG + loopback.ALLOW_ALL + RULES)
        self.story("order", first="all", second="nothing")

    def test_a_link_signs_in_once_and_logout_ends_it(self):
        self.start()
        link = self.link()
        self.story("link", link=link)
        self.story("usedLink", link="", again=link)

    def test_a_sign_in_that_ends_loses_nothing(self):
        self.start()
        self.story("expired", again=self.link())

    def test_the_overview_has_its_numbers(self):
        self.start()
        self.story("overview", version=self.door.ask("GET", "/api/v1/status")["version"].split(" ")[0])

    def test_sessions_are_found_and_ended(self):
        self.start(config=loopback.CONFIG.replace("port = 0", "port = 0\nsocks4 = true") + loopback.ALLOW_ALL)
        held = [self.ask_socks4(user)[0] for user in (b"alice", b"bob", b"carol", b"dave")]
        self.story("sessions", user="alice", all=4)
        for client in held:
            try:
                self.assertEqual(client.recv(1), b"")
            except ConnectionResetError:
                pass  # ended, too

    def test_a_denial_is_explained(self):
        self.start()
        self.story("explain", client="192.0.2.1", destination="www.example.com", port=443, rule="nothing")

    def test_what_looks_like_markup_stays_text(self):
        self.start(config=loopback.CONFIG.replace("port = 0", "port = 0\nsocks4 = true") + RULES + loopback.ALLOW_ALL)
        self.assertEqual(self.ask_socks4(MARKUP.encode())[1][:2], b"\0\x5a")
        self.story("hostile", text=MARKUP, screens=["#/sessions", "#/policies/condition-elements/socks-request", "#/policies/explain?client=192.0.2.2&destination=a.example"])

    def test_no_screen_has_a_violation_that_axe_knows(self):
        self.start()
        self.story("accessible", screens=SCREENS)
        self.story("accessible", screens=SCREENS, dark=True, german=True)
        self.story("accessible", screens=SCREENS, narrow=True)

    def test_keys(self):
        self.start()
        self.story("keys")

    def test_a_hundred_thousand_sessions(self):
        self.start()
        print(self.story("many", rows=100000))


if __name__ == "__main__":
    cases.main(why_not())
