"""sluicectl as its users run it: against the daemon, against doors that answer badly or not at all, in scripts, in a shell that completes and on
a terminal."""

import csv
import fcntl
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from fake_door import FakeDoor  # noqa: E402
from loopback import WAIT_SECONDS, wait_until  # noqa: E402

SLUICECTL = os.environ["SLUICECTL"]
HOSTILE = "a\x1b[2J\x9b\u202e\x7f"
DONE, REFUSED, WRONG_USE, UNREACHABLE, NOTHING_MATCHED = range(5)


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in ("SLUICE_ADMIN_SOCKET", "XDG_RUNTIME_DIR")}
    return {**kept, "LC_ALL": "C.UTF-8", **more}


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluicectl-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = os.path.join(self.folder, "s")

    def run_it(self, *arguments, code=DONE, said="", socket_path=None, **kwargs):
        """What it printed, and what it said besides."""
        done = subprocess.run([SLUICECTL, f"--socket={socket_path or self.socket}", *arguments], input=said.encode(), capture_output=True,
                              env=clean_environment(), timeout=WAIT_SECONDS, check=False, **kwargs)
        out, err = done.stdout.decode(), done.stderr.decode()
        self.assertEqual(done.returncode, code, f"{arguments}: {out}{err}")
        return out, err

    def fake(self, answers):
        door = FakeDoor(self.socket, answers)
        self.addCleanup(door.close)
        return door


class Unreachable(Command):
    def test_each_way_has_a_sentence_of_its_own(self):
        self.assertIn(f"no daemon has made {self.socket}; start one", self.run_it("status", code=UNREACHABLE)[1])
        left = socket.socket(socket.AF_UNIX)
        left.bind(self.socket)
        left.close()
        self.assertIn(f"nobody listens at {self.socket}, which a daemon has left behind", self.run_it("status", code=UNREACHABLE)[1])
        text = self.run_it("status", code=WRONG_USE, socket_path="/" + "x" * 200)[1]
        self.assertIn("expected a path of 1 to 107 bytes", text)

    @unittest.skipIf(os.geteuid() != 0, "needs another user to become")
    def test_a_door_that_one_may_not_open(self):
        self.fake({})
        os.chmod(self.folder, 0o755)
        os.chmod(self.socket, 0o600)
        program = os.path.join(self.folder, "sluicectl")
        shutil.copy(SLUICECTL, program)
        done = subprocess.run([program, f"--socket={self.socket}", "status"], capture_output=True, text=True, env=clean_environment(),
                              user=64999, group=64999, extra_groups=[], timeout=WAIT_SECONDS, check=False)
        self.assertEqual(done.returncode, UNREACHABLE, done.stderr)
        self.assertIn(f"you may not open {self.socket}; be root or a member of group sluice-admin", done.stderr)

    def test_a_daemon_that_does_not_answer(self):
        self.fake({"GET /api/v1/status": lambda: None})
        self.assertIn("did not answer", self.run_it("status", "--timeout=0.2", code=UNREACHABLE)[1])

    def test_who_hangs_up_or_speaks_no_http(self):
        for answer in (b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"):
            with self.subTest(answer=answer):
                door = FakeDoor(self.socket, {"GET /api/v1/status": lambda answer=answer: answer})
                try:
                    self.assertIn("is it sluiced that listens there", self.run_it("status", code=UNREACHABLE)[1])
                finally:
                    door.close()

    def test_the_environment_names_the_socket(self):
        done = subprocess.run([SLUICECTL, "me"], capture_output=True, text=True, env=clean_environment(SLUICE_ADMIN_SOCKET=self.socket, http_proxy="http://x/"),
                              timeout=WAIT_SECONDS, check=False)
        self.assertIn(self.socket, done.stderr)
        self.assertEqual(done.returncode, UNREACHABLE)


class WrongUse(Command):
    def test_mistakes_get_one_sentence(self):
        for arguments, sentence in (
                (["sesions"], 'sluicectl: expected a verb, found "sesions"; did you mean sessions?'),
                (["status", "--tiemout=1"], 'sluicectl: expected an option of status, found "--tiemout"; did you mean --timeout?'),
                (["status", "--timeout=x"], 'sluicectl: --timeout: expected seconds, above 0 and at most 86400, found "x"; 60 is the default'),
                (["status", "-o", "xml"], 'sluicectl: -o: expected table, wide, json or csv, found "xml"; table is the default'),
                (["why"], "sluicectl: why: expected SESSION, found nothing; see sluicectl help why"),
                (["end", "user=a"], "sluicectl: end: expected --yes where nobody can be asked, found none; add it")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.run_it(*arguments, code=WRONG_USE), ("", sentence + "\n"))

    def test_help_asks_no_daemon(self):
        text = self.run_it("--help")[0]
        self.assertEqual(self.run_it("help")[0], text)
        self.assertIn("3 the daemon cannot be reached", text)
        self.assertIn("--reason=TEXT", self.run_it("help", "end")[0])
        self.assertEqual(self.run_it("end", "-h"), self.run_it("help", "end"))
        self.assertRegex(self.run_it("--version")[0], r"^sluicectl \d+\.\d+\.\d+\S* \(commit \S+\)\n$")

    def test_an_output_that_takes_nothing_is_told(self):
        self.fake({"GET /metrics": "sluice_a 1\n"})
        with open("/dev/full", "wb") as full:
            done = subprocess.run([SLUICECTL, f"--socket={self.socket}", "metrics"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=clean_environment(), timeout=WAIT_SECONDS, check=False)
        self.assertEqual((done.returncode, "standard output" in done.stderr), (REFUSED, True), done.stderr)


class Daemon(Command):
    """The real door."""

    def setUp(self):
        super().setUp()
        self.daemon = loopback.Daemon(f"--admin_socket={self.socket}")
        self.addCleanup(self.daemon.close)
        self.daemon.wait_for("ready, listening on")

    def test_status(self):
        screen = self.run_it("status")[0]
        self.assertRegex(screen, rf"(?m)^sluiced \S+ .*process {self.daemon.process.pid}, serving for ")
        self.assertRegex(screen, r"(?m)^sessions +0 open of ")
        self.assertIn(f"{self.daemon.config}, generation 1, 1 rule", screen)
        self.assertIn("sluice_", self.run_it("status", "-o", "wide")[0])
        answer = json.loads(self.run_it("status", "-o", "json")[0])
        self.assertEqual((answer["pid"], answer["state"]), (self.daemon.process.pid, "serving"))
        rows = dict(csv.reader(io.StringIO(self.run_it("status", "-o", "csv")[0], newline="")))
        self.assertEqual(rows["pid"], str(self.daemon.process.pid))

    def test_me_version_and_metrics(self):
        self.assertRegex(self.run_it("me")[0], rf"^\S+ \(user {os.geteuid()}\), administrator, by the unix\w* door\n$")
        self.assertRegex(self.run_it("version")[0], r"^sluicectl \S+ .*\nsluiced \S+.*\n$")
        metrics = self.run_it("metrics")[0]
        self.assertIn("# TYPE sluice_", metrics)
        name = re.search(r"(?m)^# TYPE (sluice_\w+)", metrics).group(1)
        for line in self.run_it("metrics", name)[0].splitlines():
            self.assertIn(name, line)
        self.run_it("metrics", "sluice_no_such", code=NOTHING_MATCHED)

    def test_accounts_and_tokens(self):
        self.run_it("admin", "add", "alice", "--role=operator", said="correct horse\n")
        self.assertRegex(self.run_it("admin")[0], r"(?m)^alice +operator ")
        self.run_it("admin", "add", "alice", said="correct horse\n", code=REFUSED)
        self.run_it("admin", "set", "alice", "--role=auditor")
        self.assertIn("alice,auditor", self.run_it("admin", "list", "-o", "csv")[0])
        self.run_it("admin", "delete", "alice")
        self.run_it("admin", "add", "alice", code=WRONG_USE)
        self.assertRegex(self.run_it("token", "add", "backup", "--days=30")[0], r"^slc_[A-Za-z0-9_-]{43}\n$")
        (token,) = json.loads(self.run_it("token", "-o", "json")[0])["tokens"]
        self.assertEqual((token["name"], token["role"]), ("backup", "viewer"))
        self.run_it("token", "delete", token["id"])
        self.assertEqual(json.loads(self.run_it("token", "-o", "json")[0])["tokens"], [])

    def test_tail_follows_sessions_as_they_end(self):
        tail = subprocess.Popen([SLUICECTL, f"--socket={self.socket}", "tail", "--count=1", "rule=all", "-o", "json"], stdout=subprocess.PIPE,
                                text=True, env=clean_environment())
        self.addCleanup(tail.stdout.close)
        self.addCleanup(tail.kill)
        echo = loopback.Echo()
        self.addCleanup(echo.close)
        while tail.poll() is None:  # it may have come too late for some
            self.daemon.session(echo.address)
        record = json.loads(tail.stdout.read())
        self.assertEqual((record["rule"], record["ended_by"]), ("all", "client"))
        self.assertEqual(tail.wait(WAIT_SECONDS), DONE)

    def open_tunnel(self):
        """A tunnel through it, and its name as sluicectl has it."""
        echo = loopback.Echo()
        self.addCleanup(echo.close)
        tunnel = self.daemon.connect(echo.address)
        self.addCleanup(tunnel.close)
        port = tunnel.getsockname()[1]
        rows = json.loads(self.run_it("sessions", f"client=127.0.0.1 port={echo.address[1]}", "-o", "json")[0])["sessions"]
        (session,) = [row for row in rows if row["client"].endswith(f":{port}")]
        return tunnel, session

    def assert_ended(self, tunnel):
        ready, _, _ = select.select([tunnel], [], [], WAIT_SECONDS)
        self.assertTrue(ready)
        try:
            self.assertEqual(tunnel.recv(1), b"")
        except ConnectionResetError:
            pass

    def test_sessions_are_listed_and_filtered(self):
        tunnel, session = self.open_tunnel()
        loopback.exchange(tunnel, b"x" * 1000)
        name = session["session"]
        self.assertIn(name, self.run_it("sessions")[0])
        self.assertIn(name, self.run_it("sessions", "rule=all", "command=connect", "bytes>999", "-o", "wide")[0])
        rows = list(csv.DictReader(io.StringIO(self.run_it("sessions", "-o", "csv")[0], newline="")))
        self.assertEqual([(row["session"], row["rule"], row["version"]) for row in rows], [(name, "all", "5")])
        self.assertIn("no session matches", self.run_it("sessions", "rule=other", code=NOTHING_MATCHED)[1])
        self.assertIn("rul", self.run_it("sessions", "rul=all", code=REFUSED)[1])
        self.assertIn(name, self.run_it("top", "--interval=0.1")[0])

    def test_sessions_are_ended_by_name_and_by_filter(self):
        first, session = self.open_tunnel()
        self.assertEqual(self.run_it("end", session["session"], "--reason=a test")[0], "ended 1 session\n")
        self.assert_ended(first)
        self.run_it("end", session["session"], code=NOTHING_MATCHED)
        second, _ = self.open_tunnel()
        self.run_it("end", "rule=other", "--yes", code=NOTHING_MATCHED)
        loopback.exchange(second)
        self.assertEqual(self.run_it("end", "rule=all", "--yes")[0], "ended 1 session\n")
        self.assert_ended(second)
        third, _ = self.open_tunnel()
        self.run_it("end", "--all", "--yes")
        self.assert_ended(third)

    def test_end_asks_first_on_a_terminal(self):
        tunnel, _ = self.open_tunnel()
        for answer, code in ((b"n\n", REFUSED), (b"y\n", DONE)):
            terminal = Terminal(SLUICECTL, f"--socket={self.socket}", "end", "rule=all")
            terminal.wait_for(b"end 1 session? [y/N]")
            terminal.press(answer)
            terminal.rest()
            self.assertEqual(os.waitstatus_to_exitcode(terminal.status), code)
            if code == REFUSED:
                loopback.exchange(tunnel)
        self.assert_ended(tunnel)

    def test_why_and_explain(self):
        tunnel, session = self.open_tunnel()
        text = self.run_it("why", session["session"])[0]
        self.assertRegex(text, rf"(?s)^session {session['session']}: nobody at {session['client']}, connect 127\.0\.0\.1:\d+, let in by all\n✔ ALLOW by all \(rule 1\)")
        tunnel.close()
        self.run_it("why", "0-99999999", code=NOTHING_MATCHED)
        self.assertIn("✔ ALLOW by all", self.run_it("explain", "10.1.7.20", "192.0.2.1", "443", "--user=alice", "--command=connect")[0])
        self.assertIn("by", self.run_it("explain", "10.1.7.20", "a.example", "443", "--address=192.0.2.1")[0])
        self.assertEqual(json.loads(self.run_it("explain", "10.1.7.20", "192.0.2.1", "443", "-o", "json")[0])["rule"], "all")
        self.run_it("explain", "no address", "192.0.2.1", "443", code=REFUSED)

    def test_rules_warnings_config_check_and_reload(self):
        self.assertRegex(self.run_it("rules")[0], r"(?m)^ +1 +all +allow +yes ")
        self.run_it("warnings")
        with open(self.daemon.config, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(self.run_it("config")[0], text)
        self.assertIn("good", self.run_it("check", self.daemon.config)[0])
        self.assertIn("standard input: good", self.run_it("check", "-", said=text)[0])
        bad = text.replace('verdict = "allow"', 'verdict = "alow"')
        _, err = self.run_it("check", "-", said=bad, code=REFUSED)
        self.assertRegex(err, r'(?m)^\S.*:\d+:\d+: expected .*found "?alow')
        self.daemon.write("sluice.toml", text.replace('name = "all"', 'name = "renamed"'))
        self.assertEqual(self.run_it("reload")[0], "reloaded: generation 2\n")
        self.assertIn("renamed", self.run_it("rules")[0])
        self.daemon.write("sluice.toml", bad)
        _, err = self.run_it("reload", code=REFUSED)
        self.assertRegex(err, r"sluice\.toml:\d+:\d+: expected ")
        self.assertIn("renamed", self.run_it("rules")[0])


class HostileAnswers(Command):
    SESSIONS = {"sessions": [{"session": "0-1", "state": "relay", "client": "10.0.0.1:1", "user": HOSTILE, "destination": HOSTILE, "port": 1,
                              "rule": HOSTILE, "bytes_up": 1, "bytes_down": 2, "age_ms": 3}], "next": None, "about": 1}

    def test_a_program_gets_names_as_they_are(self):
        self.fake({"GET /api/v1/sessions": self.SESSIONS})
        self.assertEqual(json.loads(self.run_it("sessions", "-o", "json")[0])["sessions"], self.SESSIONS["sessions"])
        rows = list(csv.DictReader(io.StringIO(self.run_it("sessions", "-o", "csv")[0], newline="")))
        self.assertEqual(rows[0]["user"], HOSTILE)

    def test_a_terminal_never_gets_their_control_bytes(self):
        self.fake({"GET /api/v1/sessions": self.SESSIONS, "GET /metrics": HOSTILE + "\n", "GET /api/v1/config": HOSTILE + "\n",
                   "GET /api/v1/status": (500, {"detail": HOSTILE})})
        for arguments in (["sessions"], ["sessions", "-owide"], ["sessions", "-ojson"], ["sessions", "-ocsv"], ["metrics"], ["config"], ["status"]):
            with self.subTest(arguments=arguments):
                terminal = Terminal(SLUICECTL, f"--socket={self.socket}", *arguments)
                shown = terminal.rest()
                for bad in (b"\x1b", b"\xc2\x9b", "\u202e".encode(), b"\x7f"):
                    self.assertNotIn(bad, shown)
                self.assertIn(b"[2J", shown)

    def test_a_filter_is_sent_as_it_was_meant(self):
        door = self.fake({"GET /api/v1/sessions": {"sessions": [], "next": None, "about": 0}})
        self.run_it("sessions", "rule=a&limit=1 #b", "user!=ü", code=NOTHING_MATCHED)
        (question, _), = door.asked
        self.assertEqual(question, "GET /api/v1/sessions?filter=rule%3D%22a%26limit%3D1%20%23b%22%20user%21%3D%C3%BC&limit=1000")


class Terminal:
    """A program on a terminal of 80 columns and 24 lines."""

    def __init__(self, *command):
        self.process_id, self.fd = pty.fork()
        if self.process_id == 0:
            os.execve(command[0], command, clean_environment(TERM="xterm"))
        self.said, self.status = b"", None
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = None

    def read(self):
        """Whether there is more to come."""
        ready, _, _ = select.select([self.fd], [], [], 0.01)
        if not ready:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            piece = b""
        self.said += piece
        return piece != b""

    def wait_for(self, text):
        wait_until(lambda: (self.read() or True) and text in self.said, lambda: f"{text!r}; it has shown {self.said!r}")

    def press(self, keys):
        self.said = b""
        os.write(self.fd, keys)

    def is_raw(self):
        return not termios.tcgetattr(self.fd)[3] & termios.ICANON

    def rest(self):
        """All of it, once the program has ended."""
        wait_until(lambda: not self.read(), "the end")
        self.status = os.waitpid(self.process_id, 0)[1]
        os.close(self.fd)
        return self.said


class Top(Command):
    def setUp(self):
        super().setUp()
        self.looks = 0
        self.door = self.fake({"GET /api/v1/sessions": self.look, "DELETE /api/v1/sessions/0-2": {"ended": 1}})

    def look(self):
        self.looks += 1
        return {"sessions": [{"session": f"0-{i}", "state": "relay", "client": f"10.0.0.{i}:1", "user": "alice", "destination": "a.example",
                              "port": 443, "rule": "r", "age_ms": 1000, "bytes_up": 0, "bytes_down": self.looks * i * 1000000} for i in range(3)],
                "next": None, "about": 3}

    def terminal(self):
        terminal = Terminal(SLUICECTL, f"--socket={self.socket}", "top", "--interval=0.1")
        terminal.wait_for(b"MB/s")
        self.assertTrue(terminal.is_raw())
        return terminal

    def test_keys_sort_filter_and_end(self):
        terminal = self.terminal()
        terminal.press(b"s")
        terminal.wait_for(b"by bytes")
        terminal.press(b"k")
        terminal.wait_for(b"end session 0-2? y/N")
        terminal.press(b"y")
        wait_until(lambda: "DELETE /api/v1/sessions/0-2" in [question for question, _ in self.door.asked], "the session to be ended")
        terminal.press(b"/rule=r\r")
        terminal.wait_for(b"filter rule=r")
        terminal.press(b"q")
        self.assertTrue(terminal.rest().endswith(b"\x1b[?1049l"))
        self.assertEqual(terminal.status, 0)

    def test_signals_give_the_terminal_back(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV):
            with self.subTest(signal=number):
                terminal = self.terminal()
                os.kill(terminal.process_id, number)
                self.assertIn(b"\x1b[?25h\x1b[?1049l", terminal.rest())
                self.assertEqual(os.WTERMSIG(terminal.status), number)

    def test_interrupt_quits(self):
        terminal = self.terminal()
        terminal.press(b"\x03")
        self.assertIn(b"\x1b[?1049l", terminal.rest())
        self.assertEqual(terminal.status, 0)

    def test_without_a_terminal_it_is_one_look(self):
        text = self.run_it("top", "--interval=0.1")[0]
        self.assertNotIn("\x1b", text)
        self.assertEqual([line.split()[0] for line in text.splitlines()], ["SESSION", "0-2", "0-1", "0-0"])
        answer = json.loads(self.run_it("top", "--interval=0.1", "-o", "json")[0])
        self.assertGreater(answer["sessions"][0]["rate_down"], 0)


class Document(Command):
    """docs/SLUICECTL.md: what it tells to type is taken for what it is meant to be, shell and all."""

    # What verbs look for in answers, of all of them; at the real daemon each is tried elsewhere.
    ANYTHING = {"armed": False, "traces": [{"session": "1-755"}], "session": "1-755", "steps": [], "ok": True, "id": "d1", "etag": '"x"', "requests": [{"session": "1-755"}],
                "rows": [], "rules": [{"name": "guests", "text": "[[rule]]"}], "drafts": [], "records": [], "revisions": [], "locks": [], "problems": [],
                "warnings": [], "tests": {"passed": 1, "failed": 0, "failures": []}, "sessions": {"asked": 0, "refused": 0, "list": []}, "revision": 2,
                "generation": 2, "pending": None, "changes": [], "text": "", "ended": 0, "admins": [], "tokens": []}

    def test_each_example_is_good(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "SLUICECTL.md"), encoding="utf-8") as file:
            lines = [line for fence in re.findall(r"(?ms)^```\n(.*?)^```$", file.read()) for line in fence.splitlines()]
        self.assertGreater(len(lines), 8)
        answer = {"sessions": [{"session": "1-755", "client": "10.0.0.1:1", "destination": "a", "port": 1}], "matched": 1, "ended": 1, "verdict": "allow"}
        self.fake({"GET /api/v1/sessions": answer, "GET /api/v1/sessions/1-755": answer["sessions"][0], "GET /api/v1/status": answer,
                   "POST /api/v1/explain": answer, "POST /api/v1/sessions:end": answer, "*": self.ANYTHING})
        with open(os.path.join(self.folder, "new.toml"), "w", encoding="utf-8") as file:
            file.write("[socks]\n")
        for line in lines:
            with self.subTest(line=line):
                line = re.sub(r"^(sluicectl top)", r"\1 -o table --interval=0.1", line)
                line = re.sub(r"^(sluicectl end)", r"\1 --yes", line)
                done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=WAIT_SECONDS, check=False, cwd=self.folder,
                                      env=clean_environment(SLUICE_ADMIN_SOCKET=self.socket, PATH=f"{os.path.dirname(SLUICECTL)}:{os.environ['PATH']}"))
                self.assertEqual(done.returncode, DONE, done.stderr)


class Completion(Command):
    def complete(self, line):
        """What bash offers where the line ends."""
        script = f"""
PATH={os.path.dirname(SLUICECTL)}:$PATH
source <(sluicectl completion bash)
COMP_LINE={json.dumps(line)}; COMP_POINT=${{#COMP_LINE}}
compopt() {{ :; }}
read -ra COMP_WORDS <<< "$COMP_LINE"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_sluicectl
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=clean_environment(SLUICE_ADMIN_SOCKET=self.socket),
                              timeout=WAIT_SECONDS, check=True)
        return done.stdout.split()

    def test_bash_gets_verbs_options_and_open_sessions(self):
        self.assertEqual(self.complete("sluicectl ses"), ["sessions"])
        self.assertEqual(self.complete("sluicectl sessions --li"), ["--limit="])
        self.assertEqual(self.complete("sluicectl -o "), ["table", "wide", "json", "csv"])
        self.assertEqual(self.complete("sluicectl why "), [])  # without a daemon nothing, and no noise
        self.fake({"GET /api/v1/sessions": {"sessions": [{"session": "1-755"}], "next": None, "about": 1}})
        self.assertEqual(self.complete("sluicectl why "), ["1-755"])


if __name__ == "__main__":
    cases.main()
