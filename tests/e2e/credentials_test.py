"""User name and password (RFC 1929) with real clients: who gets in, who does not and is told so, and what rules for users let them do.

That no password stays anywhere is shown by password_test.
"""

import os
import secrets
import subprocess
import sys

import socks

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HELLO, EndToEnd  # noqa: E402
from lab import EGRESS4, GATEWAY4, TARGET4, WAIT_SECONDS  # noqa: E402
from raw_client import CONNECT, Control  # noqa: E402

ALICE, BOB, WRONG = (f"{name}-{secrets.token_hex(12)}" for name in ("alices", "bobs", "wrong"))
PROXY = f"{GATEWAY4}:1080"
URL = f"http://{TARGET4}/hello"


def hashed(password):
    return subprocess.run([os.environ["SLUICED"], "--hash_password"], input=password, capture_output=True, text=True, check=True,
                          timeout=120).stdout.strip()


class PasswordTest(EndToEnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = "".join(f'[[user]]\nname = "{name}"\npassword = "{hashed(password)}"\n'
                            for name, password in (("alice", ALICE), ("bob", BOB)))

    def config(self, rules=ALLOW_ALL, methods='["password"]', more="slow_after = 0\nrefuse_after = 0\n"):
        return f"{CONFIG}[auth]\nmethods = {methods}\n{more}{self.users}{rules}"

    def with_curl(self, credentials, code=0):
        return self.curl("--socks5", PROXY, "--proxy-user", credentials, URL, code=code)


class WhoGetsIn(PasswordTest):
    def test_every_client_with_the_right_password(self):
        gateway = self.start(self.config())
        self.assertIn(HELLO, self.with_curl(f"alice:{ALICE}"))
        self.assertIn(HELLO, self.curl("--proxy", f"socks5h://bob:{BOB}@{PROXY}", "http://target.test/hello"))
        self.assertIn(HELLO, self.client("ncat", "--proxy", PROXY, "--proxy-type", "socks5", "--proxy-auth", f"alice:{ALICE}", TARGET4, "80",
                                         input=b"GET /hello HTTP/1.0\r\n\r\n"))
        self.assertIn(HELLO, self.java("5", TARGET4, "bob", BOB))
        self.assertIn(HELLO, self.node("5", "connect", GATEWAY4, "target.test", "80", "alice", ALICE))
        with self.lab.within("client"):
            connected = socks.create_connection((TARGET4, 80), timeout=WAIT_SECONDS, proxy_type=socks.SOCKS5, proxy_addr=GATEWAY4,
                                                proxy_port=1080, proxy_username="bob", proxy_password=BOB)
        with connected:
            connected.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            self.assertIn(b"200 OK", connected.recv(100))
        records = gateway.records(6)
        self.assertEqual(sorted(record["user"] for record in records), ["alice"] * 3 + ["bob"] * 3)
        self.assertEqual({(record["auth"], record["reply"]) for record in records}, {("password", 0)})

    def test_a_wrong_one_or_none_is_told_so(self):
        gateway = self.start(self.config())
        for name, credentials in (("alice", f"alice:{WRONG}"), ("alice", f"alice:{ALICE[:-1]}"), ("alice", f"alice:{BOB}"),
                                  ("nobody", f"nobody:{ALICE}"), ("Alice", f"Alice:{ALICE}")):
            with self.subTest(credentials=credentials):
                before = len(gateway.records(0))
                self.assertRegex(self.with_curl(credentials, code=97), "(?i)rejected")
                record = gateway.records(before + 1)[before]
                self.assertEqual((record["user"], record["auth_failed"]), (name, "credentials"))
                self.assertNotIn("command", record)
        self.assertRegex(self.with_curl("alice:", code=97), "(?i)rejected")
        self.assertIn("authentication failed", self.java("5", TARGET4, "alice", WRONG, code=1))
        self.assertIn("error: ", self.node("5", "connect", GATEWAY4, TARGET4, "80", "alice", WRONG, code=1))
        self.client("ncat", "--proxy", PROXY, "--proxy-type", "socks5", "--proxy-auth", f"alice:{WRONG}", TARGET4, "80", code=1, input=b"")
        # Who offers no password at all gets no method; SOCKS4 cannot prove anything.
        self.curl("--socks5", PROXY, URL, code=97)
        self.curl("--socks4", PROXY, URL, code=97)
        self.assertIn(HELLO, self.with_curl(f"alice:{ALICE}"))
        with open(gateway.log_path) as file:
            said = file.read() + "\n".join(gateway.lines)
        for password in (ALICE, BOB, WRONG):
            self.assertNotIn(password, said)

    def test_a_jvm_without_an_authenticator_sends_a_password_of_length_zero(self):
        gateway = self.start(self.config())
        self.assertIn("authentication failed", self.java("5", TARGET4, code=1))
        self.assertIn("empty", gateway.records(1)[0]["why"])
        # Where it may come without one it is nobody, and who has one is that user, whatever the gateway prefers.
        for methods in '["none", "password"]', '["password", "none"]':
            with self.subTest(methods=methods):
                before = len(gateway.records(0))
                gateway.reload(self.config(methods=methods))
                self.assertIn(HELLO, self.java("5", TARGET4))
                self.assertIn(HELLO, self.java("5", TARGET4, "bob", BOB))
                self.assertIn(HELLO, self.with_curl(f"alice:{ALICE}"))
                self.assertEqual(sorted((record["auth"], record.get("user", "")) for record in gateway.records(before + 3)[before:]),
                                 [("none", ""), ("password", "alice"), ("password", "bob")])


class WhatUsersMay(PasswordTest):
    def only(self, user):
        return f'[[rule]]\nname = "only_{user}"\nusers = ["{user}"]\nverdict = "allow"\n'

    def test_a_rule_lets_one_user_in_and_not_another_until_it_is_changed(self):
        gateway = self.start(self.config(self.only("alice")))
        for allowed, denied in (("alice", "bob"), ("bob", "alice")):
            password = {"alice": ALICE, "bob": BOB}
            before = len(gateway.records(0))
            self.assertIn(HELLO, self.with_curl(f"{allowed}:{password[allowed]}"))
            self.assertIn("(2)", self.with_curl(f"{denied}:{password[denied]}", code=97))
            records = {record["user"]: record for record in gateway.records(before + 2)[before:]}
            self.assertEqual((records[allowed]["rule"], records[allowed]["reply"]), (f"only_{allowed}", 0))
            self.assertEqual((records[denied]["rule"], records[denied]["reply"]), ("default deny", 2))
            gateway.reload(self.config(self.only("bob")))

    def test_groups_and_authenticated(self):
        rules = (f'[groups]\nstaff = ["alice"]\n[[rule]]\nname = "staff_only"\ngroups = ["staff"]\ndestination = ["{TARGET4}"]\nverdict = "allow"\n'
                 '[[rule]]\nname = "anybody"\nauthenticated = true\ndestination = ["four.target.test"]\nverdict = "allow"\n')
        gateway = self.start(self.config(rules, methods='["password", "none"]'))
        named = "http://four.target.test/hello"
        self.assertIn(HELLO, self.with_curl(f"alice:{ALICE}"))
        self.assertIn("(2)", self.with_curl(f"bob:{BOB}", code=97))
        self.assertIn(HELLO, self.curl("--socks5-hostname", PROXY, "--proxy-user", f"bob:{BOB}", named))
        self.assertIn("(2)", self.curl("--socks5-hostname", PROXY, named, code=97))
        self.assertEqual(sorted(record["rule"] for record in gateway.records(4)), ["anybody", "default deny", "default deny", "staff_only"])

    def test_udp_and_its_tracker_with_a_password(self):
        gateway = self.start(self.config(self.only("alice")))
        since = self.target.count()
        self.assertIn("tracker_reply_alert", self.torrent(f"udp://{TARGET4}:6969/announce", "alice", ALICE))
        self.target.wait_for(f"^announced by {EGRESS4}", since)
        self.assertIn(("alice", "udp_associate"), {(record["user"], record["command"]) for record in gateway.records(1)})
        self.assertEqual(self.node("5", "associate", GATEWAY4, TARGET4, "7", "alice", ALICE), f"from {TARGET4} 7 sent by node\n")
        self.node("5", "associate", GATEWAY4, TARGET4, "7", "bob", BOB, code=1)


class BeforeAndBeside(PasswordTest):
    def test_not_even_where_the_configuration_is_wrong(self):
        path = self.lab.write("plain.toml", f'[auth]\nmethods = ["password"]\n[[user]]\nname = "alice"\npassword = "{ALICE}"\n')
        done = subprocess.run([os.environ["SLUICED"], "--check", f"--config={path}"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}:5:", done.stdout + done.stderr)
        self.assertNotIn(ALICE, done.stdout + done.stderr)

    def test_before_the_password_nothing_is_served(self):
        gateway = self.start(self.config())
        with Control(self.lab) as control:
            self.assertEqual(control.greet(b"\x00\x02"), 2)
            self.assertEqual(control.login("alice", WRONG), 1)
            self.assertTrue(control.at_end())
        with Control(self.lab) as control:
            self.assertEqual(control.greet(b"\x02"), 2)
            with self.assertRaises((EOFError, ConnectionResetError)):
                control.ask(CONNECT, TARGET4, 80)
                control.ask(CONNECT, TARGET4, 80)
        self.assertFalse([record for record in gateway.records(2) if "target" in record])


if __name__ == "__main__":
    network.main()
