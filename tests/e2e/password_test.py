"""User name and password on the daemon: what is accepted, what is logged, and that a password is shown nowhere: not in a log, not in a reply,
not in the memory of the process, which is what a core file has."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402

SLUICED = os.environ["SLUICED"]
GOOD = "correct-horse-7351"
WRONG = "wrong-guess-5577"
PAM = "pam-battery-9912"
UNASKED = "unasked-staple-3184"
SECRETS = [secret.encode() for secret in (GOOD, WRONG, PAM, UNASKED)]


def hash_password(text, code=0):
    done = subprocess.run([SLUICED, "--hash_password"], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == code, done
    return (done.stdout if code == 0 else done.stderr).decode().rstrip("\n")


def message(user, password):
    user, password = user.encode("latin-1"), password.encode("latin-1")
    return bytes([1, len(user)]) + user + bytes([len(password)]) + password


class Daemon:
    """With one [[user]], and PAM for everybody else."""

    def __init__(self, settings=""):
        self.folder = tempfile.TemporaryDirectory()
        script = self.write("pam_check.sh", f'#!/bin/sh\nread -r password\n[ "$PAM_USER" = bob ] && [ "$password" = "{"pam-battery"}-9912" ]\n')
        os.chmod(script, 0o700)
        self.write("sluice-test", f"auth sufficient pam_exec.so expose_authtok quiet {script}\nauth required pam_deny.so\n"
                   "account required pam_permit.so\n")
        config = self.write("sluice.toml", f"""
[socks]
listen = ["127.0.0.1"]
port = 0
[timeouts]
handshake = "30m"
authentication = "30m"
[auth]
methods = ["password", "none"]
pam_service = "sluice-test"
{settings}
[[user]]
name = "alice"
password = "{hash_password(GOOD.encode())}"
[[rule]]
name = "all"
destination = ["any", "special-use"]
verdict = "allow"
""")
        self.access_log = os.path.join(self.folder.name, "access.log")
        self.log = os.path.join(self.folder.name, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([SLUICED, "--config=" + config, "--access_log=" + self.access_log, "--pam_folder=" + self.folder.name,
                                             "--shards=1", "--drain_seconds=0", "--admin_socket=", "--admin_listen=", "--state_folder=", "--v=9"], stderr=log)
        self.port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", self.wait_for(self.log, "listening on .*\n")).group(1))

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def wait_for(self, path, pattern, count=1):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with open(path) as file:
                text = file.read()
            if len(re.findall(pattern, text)) >= count:
                return text
            time.sleep(0.02)
        raise AssertionError(f"{path} has no {pattern}: {text}")

    def records(self, count):
        return [json.loads(line) for line in self.wait_for(self.access_log, "\n", count).splitlines()]

    def places_of(self, secret):
        """Where it stands in what a core file would have."""
        places = []
        with open(f"/proc/{self.process.pid}/maps") as maps, open(f"/proc/{self.process.pid}/mem", "rb", 0) as mem:
            for line in maps:
                span, mode, *rest = line.split()
                if not mode.startswith("rw"):
                    continue
                start, end = (int(part, 16) for part in span.split("-"))
                try:
                    mem.seek(start)
                    piece = mem.read(end - start)
                except (OSError, ValueError):
                    continue
                if secret in piece:
                    at = piece.index(secret)
                    places.append((span, hex(at), rest[3:], piece[max(0, at - 64):at + 64]))
        return places

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.folder.cleanup()
        return code


class PasswordTest(unittest.TestCase):
    def start(self, settings=""):
        self.daemon = Daemon(settings)
        self.addCleanup(self.daemon.stop)
        return self.daemon

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.daemon.port), timeout=120)
        self.addCleanup(client.close)
        return client

    def converse(self, *writes):
        """Everything that is answered, each write when the one before was answered, until the daemon closes."""
        client = self.connect()
        said = b""
        for write in writes:
            client.sendall(write)
            if write is not writes[-1]:
                said += client.recv(2)
        client.shutdown(socket.SHUT_WR)
        while piece := client.recv(1000):
            said += piece
        return said

    def refused_request(self):
        """A request to a port at which nobody listens."""
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            return b"\5\1\0\1\x7f\0\0\1" + closed.getsockname()[1].to_bytes(2, "big")

    def test_no_password_is_shown_anywhere(self):
        daemon = self.start("slow_after = 0\nrefuse_after = 0")
        request = self.refused_request()
        said = []
        for _ in range(3):  # the second and third are remembered
            said.append(self.converse(b"\5\1\2", message("alice", GOOD), request))
        said.append(self.converse(b"\5\2\0\2" + message("alice", GOOD) + request))
        said.append(self.converse(b"\5\1\2", message("alice", WRONG)))
        said.append(self.converse(b"\5\1\2" + message("mallory", WRONG) + request))
        said.append(self.converse(b"\5\1\2", message("bob", PAM), request))
        said.append(self.converse(b"\5\1\2", message("bob", WRONG)))
        said.append(self.converse(b"\5\1\0" + message("alice", UNASKED)))  # 00 is chosen: no request
        said.append(self.converse(b"\5\1\x80" + message("alice", UNASKED)))  # FF: read and dropped
        said.append(self.converse(b"\5\1\2", b"\5" + message("alice", WRONG)))
        for byte_by_byte in (GOOD, WRONG):
            client = self.connect()
            for byte in b"\5\1\2" + message("alice", byte_by_byte):
                client.sendall(bytes([byte]))
            answer = client.recv(4)
            said.append(answer + client.recv(4 - len(answer)))
            client.close()
        self.assertEqual([answer[:4] for answer in said],
                         [b"\5\2\1\0"] * 4 + [b"\5\2\1\1"] * 2 + [b"\5\2\1\0", b"\5\2\1\1", b"\5\0", b"\5\xff", b"\5\2\1\1", b"\5\2\1\0", b"\5\2\1\1"])
        records = daemon.records(len(said))
        failures = [record for record in records if "auth_failed" in record]
        self.assertEqual(sorted(record["user"] for record in failures), ["alice", "alice", "bob", "mallory"])
        for record in failures:
            self.assertEqual((record["auth"], record["auth_failed"], record["ended_by"], record["state"]),
                             ("password", "credentials", "policy", "authentication"))
            self.assertTrue(record["client"].startswith("127.0.0.1:"))
        self.assertEqual(sum(record.get("user") == "alice" and record.get("reply") == 5 for record in records), 4)

        # A positive control: what is still on its way is seen by this way of looking.
        half = self.connect()
        half.sendall(b"\5\1\2")
        half.recv(2)
        half.sendall(message("carol", "half-of-a-secret-4420")[:-1])
        deadline = time.monotonic() + 300
        places = []
        while not places and time.monotonic() < deadline:  # each look may take seconds
            places = daemon.places_of(b"half-of-a-secret-442")
        self.assertTrue(places)
        half.close()
        daemon.records(len(said) + 1)

        for secret in SECRETS:
            self.assertEqual(daemon.places_of(secret), [], secret)
            self.assertFalse(any(secret in answer for answer in said))
            for path in (daemon.log, daemon.access_log):
                with open(path, "rb") as file:
                    self.assertNotIn(secret, file.read())
        self.assertEqual(daemon.places_of(b"half-of-a-secret-442"), [])
        daemon.process.send_signal(signal.SIGUSR1)
        daemon.wait_for(daemon.log, "sluice_auth_cache_hits_total [1-9]")

    def test_a_source_that_fails_is_refused_unchecked(self):
        daemon = self.start("slow_after = 0\nrefuse_after = 3")
        for _ in range(3):
            self.assertEqual(self.converse(b"\5\1\2", message("alice", WRONG)), b"\5\2\1\1")
        self.assertEqual(self.converse(b"\5\1\2", message("alice", GOOD)), b"\5\2\1\1")
        record = daemon.records(4)[3]
        self.assertEqual((record["auth_failed"], record["ended_by"]), ("throttled", "limit"))

    def test_a_user_name_cannot_forge_a_line_of_the_log(self):
        daemon = self.start()
        self.converse(b"\5\1\2", message('x"}\r\n{"client":"192.0.2.9:1","auth_failed":"credentials"\x1b[2J\xff%s', WRONG))
        records = daemon.records(1)
        self.assertEqual(len(records), 1)
        with open(daemon.access_log, "rb") as file:
            line = file.read()
        self.assertTrue(all(0x20 <= byte < 0x7f for byte in line.rstrip(b"\n")), line)
        # The pattern of docs/OPERATING.md, with the address in place of fail2ban's <HOST>.
        found = re.match(r'^\{.*"client":"\[?([0-9a-f.:]+?)\]?:\d+",.*"auth_failed":"credentials"', line.decode())
        self.assertEqual(found.group(1), "127.0.0.1")

    def test_passwords_change_with_a_reload(self):
        daemon = self.start("slow_after = 0\nrefuse_after = 0")
        self.assertEqual(self.converse(b"\5\1\2", message("alice", GOOD)), b"\5\2\1\0")
        with open(os.path.join(daemon.folder.name, "sluice.toml")) as file:
            text = file.read()
        daemon.write("sluice.toml", re.sub(r'password = "[^"]*"', lambda _: f'password = "{hash_password(b"another")}"', text))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for(daemon.log, "reloaded: generation 2")
        self.assertEqual(self.converse(b"\5\1\2", message("alice", GOOD)), b"\5\2\1\1")
        self.assertEqual(self.converse(b"\5\1\2", message("alice", "another")), b"\5\2\1\0")


class HashPasswordTest(unittest.TestCase):
    def test_a_line_becomes_a_yescrypt_hash(self):
        first, second = hash_password(b"secret\n"), hash_password(b"secret")
        self.assertRegex(first, r"^\$y\$[^\n]+$")
        self.assertNotEqual(first, second)

    def test_what_cannot_be_a_password_is_said(self):
        self.assertEqual(hash_password(b"\n", code=1),
                         "sluiced --hash_password: expected a password of 1 to 255 bytes, found none; give it on standard input, on one line")
        self.assertIn("256", hash_password(b"p" * 300, code=1))
        self.assertNotIn("pp", hash_password(b"p" * 300, code=1))


if __name__ == "__main__":
    cases.main()
