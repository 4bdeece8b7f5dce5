"""GSSAPI (RFC 1961) against a real KDC: the daemon with MIT Kerberos, and a client of the test's own that shares no code with it."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HERE, EndToEnd  # noqa: E402
import kerberos  # noqa: E402
from lab import GATEWAY4, TARGET4  # noqa: E402

# The bindings are of the distribution, and so is the Python that has them.
PYTHON = "/usr/bin/python3"
SERVICE = "rcmd/socks.test"


class Gssapi(EndToEnd):
    @classmethod
    def setUpClass(cls):
        if not kerberos.installed():
            raise unittest.SkipTest("no krb5-kdc, krb5-admin-server or krb5-user on this host: run tools/setup --tests")
        super().setUpClass()
        # The KDC is where the clients are. The gateway has its keys and asks nobody.
        cls.realm = kerberos.Realm(cls.lab.folder, cls.lab.inside("client"))
        cls.realm.start()
        cls.addClassCleanup(cls.realm.stop)
        cls.keytab = cls.realm.path("sluice.keytab")
        cls.realm.add_service(SERVICE, cls.keytab)
        for user in ("alice", "bob/socks"):
            cls.realm.add_user(user)
        os.environ.update({name: cls.realm.environment[name] for name in ("KRB5_CONFIG", "KRB5RCACHEDIR")})

    def config(self, rules=ALLOW_ALL, **keys):
        keys = {"methods": ["gssapi"], "gssapi_keytab": self.keytab, **keys}
        return CONFIG + "[auth]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()) + rules

    def play(self, user, *arguments):
        text = self.client(PYTHON, os.path.join(HERE, "gss_client.py"), f"--proxy={GATEWAY4}", "--proxy_port=1080",
                           f"--host={TARGET4}", *arguments, env=self.realm.ticket(user))
        return json.loads(text)

    def test_a_megabyte_each_way_at_each_level(self):
        gateway = self.start(self.config())
        for number, level in enumerate((1, 2, 3)):
            with self.subTest(level=level):
                seen = self.play("alice", f"--level={level}")
                self.assertEqual(seen, {"method": 1, "level": level, "rep": 0, "echoed": True, "ended": True})
                record = gateway.records(number + 1)[number]
                self.assertEqual((record["auth"], record["user"]), ("gssapi", "alice@SLUICE.TEST"))
                self.assertEqual((record["bytes_up"], record["bytes_down"]), (1_000_000, 1_000_000))
                self.assertEqual(record["ended_by"], "client")

    def test_datagrams_at_each_level(self):
        gateway = self.start(self.config())
        for number, level in enumerate((1, 2, 3)):
            with self.subTest(level=level):
                self.assertEqual(self.play("alice", "--udp", f"--level={level}"),
                                 {"method": 1, "level": level, "rep": 0, "echoed": True, "not_twice": True})
                record = gateway.records(number + 1)[number]
                self.assertEqual((record["command"], record["user"]), ("udp_associate", "alice@SLUICE.TEST"))
                self.assertEqual((record["datagrams_up"], record["datagrams_down"]), (7, 7))
                # The one that was said twice, and the one that is not wrapped.
                self.assertEqual(record["datagrams_dropped"], 2)
                self.assertEqual((record["bytes_up"], record["bytes_down"]), (10_905, 10_905))

    def test_the_server_decides_the_level(self):
        self.start(self.config(gssapi_protection=["confidentiality"]))
        for level in (1, 3):
            seen = self.play("alice", f"--level={level}")
            self.assertEqual((seen["level"], seen["echoed"]), (2, True))

    def test_rules_know_the_user(self):
        rules = '[[rule]]\nname = "bob"\nusers = ["bob"]\nverdict = "allow"\n'
        gateway = self.start(self.config(rules, gssapi_users="*/socks@SLUICE.TEST"))
        self.assertEqual(self.play("bob/socks")["rep"], 0)
        self.assertEqual(self.play("alice")["refused"], "01 ff")
        bob, alice = gateway.records(2)
        self.assertEqual((bob["user"], bob["rule"]), ("bob", "bob"))
        self.assertEqual((alice["ended_by"], alice["auth_failed"]), ("policy", "credentials"))
        self.assertIn("auth.gssapi_users", alice["why"])

    def test_a_user_without_a_rule_is_denied_by_a_message(self):
        self.start(self.config('[[rule]]\nusers = ["carol"]\nverdict = "allow"\n'))
        seen = self.play("alice")
        self.assertEqual((seen["rep"], seen["ended"]), (2, True))

    def test_a_ticket_of_another_key_is_refused(self):
        old = self.realm.path("old.keytab")
        self.realm.add_service("rcmd/renewed.test", old)
        self.realm.change_key("rcmd/renewed.test")
        gateway = self.start(self.config(gssapi_keytab=old))
        seen = self.play("alice", "--service=rcmd@renewed.test")
        self.assertEqual(seen, {"method": 1, "refused": "01 ff"})
        record = gateway.records(1)[0]
        self.assertEqual(record["auth_failed"], "credentials")
        self.assertIn("keytab", record["why"])

    def test_what_breaks_the_protocol_is_refused(self):
        gateway = self.start(self.config())
        for number, (mistake, refused) in enumerate((("token", "01 ff"), ("unwrapped_request", "01 ff"), ("other_level", "01 ff"),
                                                     ("forged", "reset"))):
            for level in (1, 2):
                with self.subTest(mistake=mistake, level=level):
                    self.assertEqual(self.play("alice", f"--mistake={mistake}", f"--level={level}")["refused"], refused)
        for record in gateway.records(8):
            self.assertIn("GSSAPI", record["why"])

    def test_the_first_method_that_both_have_is_taken(self):
        self.start(self.config(methods=["gssapi", "none"]))
        self.assertEqual(self.play("alice")["method"], 1)
        # Who does not offer GSSAPI is served without.
        self.assertIn("hello", self.client("ncat", "--proxy", f"{GATEWAY4}:1080", "--proxy-type", "socks5", TARGET4, "80",
                                           input=b"GET /hello HTTP/1.0\r\n\r\n"))

    def test_a_keytab_without_a_key_is_refused_at_the_start_and_at_a_reload(self):
        gateway = self.start(self.config())
        told = gateway.reload(self.config(gssapi_keytab=self.realm.path("none.keytab")), expect="expected a key of the service rcmd")
        self.assertIn("none.keytab", told)
        self.assertEqual(self.play("alice")["rep"], 0)


if __name__ == "__main__":
    network.main()
