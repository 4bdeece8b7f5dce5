"""The administrator's door on TCP: who comes in by it, who does not, and that nobody there keeps an operator of the host out."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from loopback import GATEWAY, WAIT_SECONDS  # noqa: E402

TCP_CONNECTIONS, OF_ONE_SOURCE = 128, 96


class Doors(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-doors-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = os.path.join(self.folder, "s")

    def start(self, *flags, **options):
        self.daemon = loopback.Daemon(f"--admin_socket={self.socket}", *(flags or ("--admin_listen=127.0.0.1:0",)), **options)
        self.addCleanup(self.daemon.close)
        found = self.daemon.wait_for(r"the console listens on (https?)://(\S+):(\d+);?")
        self.daemon.wait_for("ready, listening on")
        self.scheme, self.host, self.port = found.group(1), found.group(2).strip("[]"), int(found.group(3))

    def certificate(self, *names):
        """A new one in the same files. Gives its serial number."""
        key, certificate = os.path.join(self.folder, "admin.key"), os.path.join(self.folder, "admin.crt")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=gw",
                        "-addext", "subjectAltName=" + ",".join(names or ["DNS:gw.example", "IP:127.0.0.1"]), "-keyout", key, "-out", certificate],
                       check=True, stderr=subprocess.DEVNULL)
        self.trusted = ssl.create_default_context(cafile=certificate)
        return f"--admin_certificate={certificate}", f"--admin_key={key}"

    def ask(self, method, path, body=None, headers=None, connection=None):
        """Status, headers and body."""
        if connection is None:
            connection = (http.client.HTTPSConnection(self.host, self.port, timeout=WAIT_SECONDS, context=self.trusted) if self.scheme == "https"
                          else http.client.HTTPConnection(self.host, self.port, timeout=WAIT_SECONDS))
            self.addCleanup(connection.close)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, None if body is None else json.dumps(body), {**sent, **(headers or {})})
        response = connection.getresponse()
        said = response.read()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, said

    def at_socket(self, method, path, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=WAIT_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(WAIT_SECONDS)
        connection.sock.connect(self.socket)
        self.addCleanup(connection.close)
        status, _, said = self.ask(method, path, body, connection=connection)
        return status, said

    def code(self):
        status, said = self.at_socket("POST", "/api/v1/sign-in:link")
        self.assertEqual(status, 200, said)
        return json.loads(said)["url"].split("/#code=")[1]

    def sign_in(self):
        """What a browser keeps, and what our page knows."""
        status, headers, said = self.ask("POST", "/api/v1/sign-in", {"code": self.code()})
        self.assertEqual(status, 200, said)
        cookie = headers["set-cookie"]
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word, cookie)
        return {"Cookie": cookie.split(";")[0]}, {"Sluice-CSRF": json.loads(said)["csrf"]}

    def test_a_stranger_sees_the_console_and_nothing_of_the_gateway(self):
        self.start()
        for path, expected in (("/", 200), ("/livez", 200), ("/readyz", 200), ("/metrics", 401), ("/api/v1/status", 401), ("/api/v1/nowhere", 401),
                               ("/nowhere", 401), ("/assets/nowhere", 404)):
            with self.subTest(path=path):
                status, headers, said = self.ask("GET", path)
                self.assertEqual(status, expected, said)
                self.assertIn("frame-ancestors 'none'", headers["content-security-policy"])
                self.assertNotIn("unsafe", headers["content-security-policy"])
                self.assertEqual(headers["x-content-type-options"], "nosniff")
                self.assertEqual(headers["referrer-policy"], "no-referrer")
                if expected == 401:
                    self.assertIn("Bearer", headers["www-authenticate"])
        self.assertEqual(self.ask("POST", "/api/v1/config:reload")[0], 401)
        self.assertEqual(self.ask("POST", "/api/v1/sign-in:link")[0], 401)
        self.assertEqual(self.ask("POST", "/api/v1/sign-in", {"code": "guessed"})[0], 401)

    def test_a_link_signs_in_once_as_who_asked_for_it(self):
        self.start()
        code = self.code()
        status, _, said = self.ask("POST", "/api/v1/sign-in", {"code": code})
        self.assertEqual((status, json.loads(said)["role"]), (200, "administrator"))
        self.assertEqual(self.ask("POST", "/api/v1/sign-in", {"code": code})[0], 401)

    def test_a_write_by_cookie_is_of_our_page_and_says_so(self):
        self.start()
        cookie, csrf = self.sign_in()
        own = {"Origin": f"http://{self.host}:{self.port}", "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(self.ask("GET", "/api/v1/status", headers=cookie)[0], 200)
        self.assertEqual(self.ask("POST", "/api/v1/config:reload", headers={**cookie, **csrf, **own})[0], 200)
        for name, headers in (("no token", {**cookie, **own}), ("another token", {**cookie, **own, "Sluice-CSRF": "x" * 43}),
                              ("another origin", {**cookie, **csrf, "Origin": "http://evil.example"}),
                              ("the same name at another scheme", {**cookie, **csrf, "Origin": f"https://{self.host}:{self.port}"}),
                              ("another site", {**cookie, **csrf, "Sec-Fetch-Site": "cross-site"}),
                              ("another port of this host", {**cookie, **csrf, "Sec-Fetch-Site": "same-site"})):
            with self.subTest(name):
                self.assertEqual(self.ask("POST", "/api/v1/config:reload", headers=headers)[0], 403)
        self.assertEqual(self.ask("GET", "/api/v1/status", headers={**cookie, "Sec-Fetch-Site": "cross-site"})[0], 403)
        self.assertEqual(self.ask("POST", "/api/v1/sign-in", {"code": self.code()}, {"Origin": "http://evil.example"})[0], 403)

    def test_signing_out_ends_it(self):
        self.start()
        cookie, csrf = self.sign_in()
        other, _ = self.sign_in()
        status, headers, _ = self.ask("POST", "/api/v1/sign-out", headers={**cookie, **csrf})
        self.assertEqual(status, 200)
        self.assertIn("Max-Age=0", headers["set-cookie"])
        self.assertEqual(self.ask("GET", "/api/v1/me", headers=cookie)[0], 401)
        self.assertEqual(self.ask("GET", "/api/v1/me", headers=other)[0], 200)

    def test_a_name_that_was_made_to_lead_here_is_refused(self):
        self.start()
        cookie, _ = self.sign_in()
        for host, expected in (("127.0.0.1", 200), (f"localhost:{self.port}", 200), ("[::1]:9", 200), ("evil.example", 421), ("127.0.0.1.evil.example", 421),
                               ("192.0.2.1", 421), ("", 421)):
            with self.subTest(host=host):
                self.assertEqual(self.ask("GET", "/api/v1/me", headers={**cookie, "Host": host})[0], expected)

    def test_with_a_certificate_it_speaks_tls_and_reads_it_again(self):
        flags = self.certificate()
        self.start("--admin_listen=127.0.0.1:0", *flags)
        self.assertEqual(self.scheme, "https")
        cookie, csrf = self.sign_in()
        self.assertTrue(cookie["Cookie"].startswith("__Host-sluice-session="))
        self.assertEqual(self.ask("GET", "/api/v1/me", headers={**cookie, "Host": "gw.example"})[0], 200)
        self.assertEqual(self.ask("GET", "/api/v1/me", headers={**cookie, "Host": "other.example"})[0], 421)
        with socket.create_connection((self.host, self.port), WAIT_SECONDS) as plain:
            plain.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            plain.settimeout(WAIT_SECONDS)
            self.assertNotIn(b"HTTP/1.1", plain.recv(100))

        self.certificate("DNS:new.example", "IP:127.0.0.1")
        self.assertEqual(self.ask("POST", "/api/v1/config:reload", headers={**cookie, **csrf}, connection=self.insecure())[0], 200)
        self.assertEqual(self.ask("GET", "/api/v1/me", headers={**cookie, "Host": "new.example"})[0], 200)
        with open(os.path.join(self.folder, "admin.crt"), "w") as file:
            file.write("no certificate")
        self.ask("POST", "/api/v1/config:reload", headers={**cookie, **csrf})
        self.daemon.wait_for("the administrator's door keeps its certificate: --admin_certificate=.* expected a certificate in PEM")
        self.assertEqual(self.ask("GET", "/api/v1/me", headers=cookie)[0], 200)

    def insecure(self):
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=WAIT_SECONDS, context=ssl._create_unverified_context())
        self.addCleanup(connection.close)
        return connection

    def test_where_it_cannot_be_the_gateway_says_so(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            for flags, expected in ((["--admin_listen=0.0.0.0:0"], r"expected a certificate.*openssl req -x509"), (["--admin_listen=here"], "expected addresses with ports"),
                                    ([f"--admin_listen=127.0.0.1:{port}"], "expected a free port, found: Address already in use"),
                                    (["--admin_listen=127.0.0.1:0", "--admin_key=/dev/null"], "expected --admin_certificate beside it"),
                                    (["--admin_listen=127.0.0.1:0", "--admin_certificate=/nowhere", "--admin_key=/nowhere"], "--admin_certificate=/nowhere")):
                with self.subTest(flags=flags):
                    daemon = loopback.Daemon(*flags)
                    self.addCleanup(daemon.close)
                    self.assertNotEqual(daemon.process.wait(WAIT_SECONDS), 0)
                    self.assertRegex(daemon.log(), f"(?s)sluiced: --admin_.*{expected}" if expected.startswith("expected") else f"sluiced: {expected}")

    def test_no_client_reaches_it_through_the_proxy(self):
        self.start(config=loopback.CONFIG + '[[rule]]\nname = "all"\ndestination = ["any"]\nverdict = "allow"\n')
        with socket.create_connection((GATEWAY, self.daemon.listening()), WAIT_SECONDS) as client:
            client.settimeout(WAIT_SECONDS)
            client.sendall(b"\5\1\0" + b"\5\1\0\1" + socket.inet_aton(self.host) + self.port.to_bytes(2, "big"))
            self.assertEqual(client.recv(2), b"\5\0")
            self.assertEqual(client.recv(2), b"\5\2")  # not allowed by the rules

    def add_alice(self, role="viewer"):
        status, said = self.at_socket("POST", "/api/v1/admins", {"name": "alice", "role": role, "password": "correct horse"})
        self.assertEqual(status, 201, said)

    def test_an_account_signs_in_until_it_changes(self):
        self.start()
        self.add_alice()
        for name, password in (("alice", "wrong horse"), ("nobody", "correct horse"), ("", "")):
            status, _, wrong = self.ask("POST", "/api/v1/sign-in", {"name": name, "password": password})
            self.assertEqual(status, 401)
            self.assertNotIn(b"alice", wrong)
        status, headers, said = self.ask("POST", "/api/v1/sign-in", {"name": "alice", "password": "correct horse"})
        self.assertEqual((status, json.loads(said)["role"]), (200, "viewer"))
        cookie = {"Cookie": headers["set-cookie"].split(";")[0]}
        csrf = {"Sluice-CSRF": json.loads(said)["csrf"]}
        self.assertEqual(self.ask("GET", "/api/v1/status", headers=cookie)[0], 200)
        self.assertEqual(self.ask("POST", "/api/v1/config:reload", headers={**cookie, **csrf})[0], 403)
        self.at_socket("PUT", "/api/v1/admins/alice", {"role": "operator"})
        self.assertEqual(self.ask("GET", "/api/v1/status", headers=cookie)[0], 401)
        self.at_socket("DELETE", "/api/v1/admins/alice")
        self.assertEqual(self.ask("POST", "/api/v1/sign-in", {"name": "alice", "password": "correct horse"})[0], 401)

    def test_who_guesses_is_throttled_and_a_link_goes_on_working(self):
        self.start()
        self.add_alice()
        found = [self.ask("POST", "/api/v1/sign-in", {"name": "alice", "password": f"guess {i}"})[0] for i in range(12)]
        self.assertEqual(found, [401] * 10 + [429] * 2)
        self.assertEqual(self.ask("POST", "/api/v1/sign-in", {"name": "alice", "password": "correct horse"})[0], 429)
        self.sign_in()

    def test_a_token_does_what_its_role_may_until_it_is_taken_away(self):
        self.start()
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        made = json.loads(self.at_socket("POST", "/api/v1/tokens", {"name": "deploy", "role": "administrator", "expires": expires})[1])
        bearer = {"Authorization": "Bearer " + made["token"]}
        self.assertEqual(self.ask("POST", "/api/v1/config:reload", headers=bearer)[0], 200)  # no cookie, so nothing of another page's
        self.assertEqual(self.ask("POST", "/api/v1/tokens", {"name": "more", "role": "viewer", "expires": expires}, bearer)[0], 403)
        self.assertEqual(self.ask("POST", "/api/v1/admins", {"name": "eve", "role": "viewer", "password": "correct horse"}, bearer)[0], 403)
        self.assertEqual(self.ask("GET", "/api/v1/me", headers={"Authorization": bearer["Authorization"] + "x"})[0], 401)
        tokens = json.loads(self.at_socket("GET", "/api/v1/tokens")[1])["tokens"]
        self.assertIsNotNone(tokens[0]["last_used"])
        self.at_socket("DELETE", f"/api/v1/tokens/{made['id']}")
        self.assertEqual(self.ask("GET", "/api/v1/me", headers=bearer)[0], 401)

    def test_an_auditor_sees_what_was_done_and_nothing_of_the_gateway(self):
        self.start()
        self.add_alice("auditor")
        headers = self.ask("POST", "/api/v1/sign-in", {"name": "alice", "password": "correct horse"})[1]
        cookie = {"Cookie": headers["set-cookie"].split(";")[0]}
        for path, expected in (("/api/v1/audit", 200), ("/api/v1/me", 200), ("/api/v1/status", 403), ("/api/v1/sessions", 403),
                               ("/api/v1/events?topics=status", 403)):
            with self.subTest(path=path):
                self.assertEqual(self.ask("GET", path, headers=cookie)[0], expected)

    def test_a_stream_ends_with_the_sign_in_that_asked_for_it(self):
        self.start()
        cookie, csrf = self.sign_in()
        stream = http.client.HTTPConnection(self.host, self.port, timeout=WAIT_SECONDS)
        self.addCleanup(stream.close)
        stream.request("GET", "/api/v1/events?topics=config,audit", headers=cookie)
        response = stream.getresponse()
        self.assertEqual((response.status, response.getheader("content-type")), (200, "text/event-stream"))
        self.ask("POST", "/api/v1/config:reload", headers={**cookie, **csrf})
        heard = b""
        while b"event: config" not in heard or b"POST /api/v1/config:reload" not in heard:
            heard += response.readline()
        self.ask("POST", "/api/v1/sign-out", headers={**cookie, **csrf})
        response.read()  # to its end

    def test_streams_that_nobody_reads_cost_their_slots_only(self):
        self.start()
        cookie, _ = self.sign_in()
        request = f"GET /api/v1/events?topics=status,config,audit HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie['Cookie']}\r\n\r\n".encode()
        readers = []
        for _ in range(64):
            reader = socket.create_connection((self.host, self.port), WAIT_SECONDS)
            reader.settimeout(WAIT_SECONDS)
            self.addCleanup(reader.close)
            reader.sendall(request)
            self.assertTrue(reader.recv(12).startswith(b"HTTP/1.1 200"))
            readers.append(reader)
        self.assertEqual(self.ask("GET", "/api/v1/events?topics=status", headers=cookie)[0], 503)
        self.assertEqual(self.ask("GET", "/api/v1/status", headers=cookie)[0], 200)
        self.assertEqual(self.at_socket("GET", "/livez"), (200, b"ok\n"))

    def test_a_thousand_connections_take_their_slots_and_no_more(self):
        self.start()
        cookie, _ = self.sign_in()
        silent, turned_away = [], 0
        for _ in range(1000):
            connection = socket.create_connection((self.host, self.port), WAIT_SECONDS)
            connection.settimeout(WAIT_SECONDS)
            self.addCleanup(connection.close)
            silent.append(connection)
        for connection in silent[OF_ONE_SOURCE:]:
            try:
                said = connection.recv(100)
            except ConnectionResetError:
                said = b""
            turned_away += said == b"" or said.startswith(b"HTTP/1.1 503 ")
        self.assertEqual(turned_away, 1000 - OF_ONE_SOURCE)
        self.assertEqual(self.at_socket("GET", "/livez"), (200, b"ok\n"))
        for connection in silent:
            connection.close()
        loopback.wait_until(lambda: self.served(cookie), "a slot to be free again")

    def served(self, cookie):
        try:
            return self.ask("GET", "/api/v1/me", headers=cookie)[0] == 200
        except (ConnectionError, http.client.HTTPException):
            return False


if __name__ == "__main__":
    cases.main()
