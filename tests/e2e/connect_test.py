"""CONNECT as its users know it: real clients, three network namespaces, names through the gateway's own resolver."""

import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HELLO, EndToEnd  # noqa: E402
from lab import CLIENT4, EGRESS4, EGRESS6, GATEWAY4, GATEWAY6, TARGET4, TARGET6  # noqa: E402
from raw_client import CONNECT, Association, Control  # noqa: E402


class WithoutTheGateway(EndToEnd):
    def test_nothing_of_the_target_can_be_reached(self):
        """The negative control: were there a way around the gateway, every other test would prove nothing."""
        for url in (f"http://{TARGET4}/hello", f"http://[{TARGET6}]/hello"):
            self.client("curl", "--silent", "--connect-timeout", "2", url, code=7)
        self.curl("--socks5", f"{GATEWAY4}:1080", f"http://{TARGET4}/hello", code=7)


class Clients(EndToEnd):
    def test_curl_by_every_version_and_family(self):
        gateway = self.start()
        for option, proxy, host in (
                ("--socks5-hostname", GATEWAY4, "target.test"),
                ("--socks5-hostname", GATEWAY4, "four.target.test"),
                ("--socks5-hostname", GATEWAY4, "six.target.test"),
                ("--socks5-hostname", f"[{GATEWAY6}]", "target.test"),
                ("--socks5", GATEWAY4, TARGET4),
                ("--socks5", GATEWAY4, f"[{TARGET6}]"),
                ("--socks5", f"[{GATEWAY6}]", f"[{TARGET6}]"),
                ("--socks4", GATEWAY4, TARGET4),
                ("--socks4a", GATEWAY4, "target.test"),
                ("--socks4a", GATEWAY4, "six.target.test")):
            with self.subTest(option=option, proxy=proxy, host=host):
                self.assertIn(HELLO, self.curl(option, f"{proxy}:1080", f"http://{host}/hello"))
        records = gateway.records(10)
        self.assertEqual({record["version"] for record in records}, {"4", "4a", "5"})
        self.assertEqual({record["ended_by"] for record in records}, {"client"})
        self.assertEqual(records[4]["destination"], TARGET4)
        self.assertEqual(records[4]["target"], f"{TARGET4}:80")
        self.assertTrue(records[4]["egress"].startswith(f"{EGRESS4}:"))
        self.assertTrue(records[4]["client"].startswith(f"{CLIENT4}:"))
        self.assertEqual(records[4]["rule"], "allow_all")

    def test_the_target_sees_the_gateway(self):
        self.start()
        self.assertEqual(self.curl("--socks5", f"{GATEWAY4}:1080", f"http://{TARGET4}/who").strip(), EGRESS4)
        self.assertEqual(self.curl("--socks5", f"{GATEWAY4}:1080", f"http://[{TARGET6}]/who").strip(), EGRESS6)

    def test_netcat_ncat_and_proxychains(self):
        self.start()
        request = b"GET /hello HTTP/1.0\r\n\r\n"
        for command in (("nc", "-X", "5", "-x", f"{GATEWAY4}:1080", "-w", "20", TARGET4, "80"),
                        ("nc", "-X", "4", "-x", f"{GATEWAY4}:1080", "-w", "20", TARGET4, "80"),
                        ("ncat", "--proxy", f"{GATEWAY4}:1080", "--proxy-type", "socks5", TARGET4, "80"),
                        ("ncat", "--proxy", f"{GATEWAY4}:1080", "--proxy-type", "socks4", TARGET4, "80")):
            with self.subTest(command=command):
                self.assertIn(HELLO, self.client(*command, input=request))
        proxychains = self.lab.write("proxychains.conf", f"strict_chain\nproxy_dns\n[ProxyList]\nsocks5 {GATEWAY4} 1080\n")
        self.assertIn(HELLO, self.client("proxychains4", "-q", "-f", proxychains, "curl", "-sS", f"http://{TARGET4}/hello"))
        self.assertIn(HELLO, self.client("proxychains4", "-q", "-f", proxychains, "curl", "-sS", "http://target.test/hello"))

    def test_half_close_passes_through(self):
        """ncat sends its end of data and then waits for the answer, which the echo gives only after it has seen that end."""
        self.start()
        sent = os.urandom(300_000)
        done = subprocess.run(self.lab.inside("client", "ncat", "--proxy", f"{GATEWAY4}:1080", "--proxy-type", "socks5",
                                              TARGET4, "7"), input=sent, stdout=subprocess.PIPE, timeout=120, check=True)
        self.assertEqual(done.stdout, sent)

    def test_a_dead_first_address_is_passed_over(self):
        self.start()
        self.assertIn(HELLO, self.curl("--socks5-hostname", f"{GATEWAY4}:1080", "http://half-dead.target.test/hello"))

    def test_failures_are_told_apart(self):
        gateway = self.start()
        # curl's exit code for a proxy's refusal is 97; its message has the reply's code.
        for url, reply, by in ((f"http://{TARGET4}:81/", 5, "target"), ("http://no-such-name.test/", 4, "target"),
                               ("http://203.0.113.1/", 3, "target"), (f"http://{GATEWAY4}:1080/", 2, "policy"),
                               ("http://127.0.0.1/", 2, "policy"), ("http://169.254.169.254/", 2, "policy"),
                               ("http://smuggler.test/", 2, "policy")):
            with self.subTest(url=url):
                before = len(gateway.records(0))
                text = self.curl("--socks5-hostname", f"{GATEWAY4}:1080", url, code=97)
                record = gateway.records(before + 1)[before]
                self.assertIn(f"({reply})", text)
                self.assertEqual((record["reply"], record["ended_by"]), (reply, by))

    def test_a_reset_of_the_target_ends_the_session_as_one(self):
        gateway = self.start()
        self.client("ncat", "--proxy", f"{GATEWAY4}:1080", "--proxy-type", "socks5", TARGET4, "9", input=b"x", code=None)
        record = gateway.records(1)[0]
        self.assertEqual((record["ended_by"], record["why"]), ("target", "reset by the target"))

    def test_a_client_killed_in_a_download_ends_only_its_own_session(self):
        gateway = self.start()
        other = network.Program(self.lab.inside("client", "curl", "-sS", "--socks5", f"{GATEWAY4}:1080", "-o", "/dev/null",
                                                "-w", "got %{size_download}\\n", f"http://{TARGET4}/bytes/400000000"))
        self.addCleanup(other.stop)
        victim = network.Program(self.lab.inside("client", "curl", "-sS", "--socks5", f"{GATEWAY4}:1080", "-o", "/dev/null",
                                                 "--limit-rate", "1M", f"http://{TARGET4}/bytes/400000000"))
        self.addCleanup(victim.stop)
        other.wait_for("got 400000000")
        victim.process.kill()
        by_bytes = sorted(gateway.records(2), key=lambda record: record["bytes_down"])
        self.assertEqual((by_bytes[0]["ended_by"], by_bytes[1]["ended_by"]), ("client", "client"))
        self.assertGreaterEqual(by_bytes[1]["bytes_down"], 400_000_000)


class Operation(EndToEnd):
    DENY = """
[[rule]]
name = "no_target"
destination = ["10.77.2.0/24", "fd77:2::/64"]
verdict = "deny"
"""

    def test_a_reload_decides_the_next_session_and_leaves_a_running_download_alone(self):
        gateway = self.start()
        size = 1_000_000_000
        download = network.Program(self.lab.inside("client", "curl", "-sS", "--socks5-hostname", f"{GATEWAY4}:1080", "-o",
                                                   "/dev/null", "-w", "got %{size_download}\\n", f"http://target.test/half/{size}"))
        self.addCleanup(download.stop)
        self.target.wait_for("^halfway$")
        gateway.reload(CONFIG + self.DENY + ALLOW_ALL)
        self.assertIn("(2)", self.curl("--socks5-hostname", f"{GATEWAY4}:1080", "http://target.test/hello", code=97))
        self.assertEqual(gateway.records(1)[0]["rule"], "no_target")
        gateway.reload(CONFIG + ALLOW_ALL)
        self.assertIn("going", self.curl("--socks5-hostname", f"{GATEWAY4}:1080", "http://target.test/go"))
        download.wait_for(f"got {size}")
        self.assertEqual(download.process.wait(), 0)

    def test_a_reload_gives_back_the_memory_of_the_policy_before(self):
        with open(os.environ["SLUICED"], "rb") as file:
            if b"__asan_init" in file.read():
                self.skipTest("a sanitizer keeps what is freed")
        self.lab.write("names.txt", "".join(f"host{number}.zone{number % 5000}.example\n" for number in range(200_000)))
        large = CONFIG + ALLOW_ALL + '[[rule]]\nname = "names"\ndestination = ["file:names.txt"]\nverdict = "deny"\n'
        gateway = self.start()

        def resident_kb():
            with open(f"/proc/{gateway.process.pid}/status") as file:
                return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1))
        before = resident_kb()
        gateway.reload(large)
        gateway.reload(large)
        self.assertGreater(resident_kb(), before + 10_000)
        gateway.reload(CONFIG + ALLOW_ALL)
        # It is kept for a moment, for another reload.
        last = time.monotonic() + 60
        while resident_kb() > before + 5_000:
            self.assertLess(time.monotonic(), last, f"{resident_kb()} kB, and {before} kB before")
            time.sleep(0.05)

    def tunnel(self):
        control = Control(self.lab)
        self.addCleanup(control.close)
        control.greet()
        self.assertEqual(control.ask(CONNECT, TARGET4, 7)[0], 0)
        return control

    def test_new_rules_end_what_they_refuse_only_where_that_is_asked_for_and_nothing_else(self):
        gateway = self.start()
        tunnel = self.tunnel()
        udp = Association(self.lab)
        self.addCleanup(udp.__exit__)
        deny = '[[rule]]\nname = "no_echo"\ncommands = ["connect"]\ndestination_ports = [7]\nverdict = "deny"\n'
        gateway.reload(CONFIG + deny + ALLOW_ALL)
        tunnel.socket.sendall(b"still here")
        self.assertEqual(tunnel.read(10), b"still here")
        gateway.reload(CONFIG + "end_refused = true\n" + deny + ALLOW_ALL)
        gateway.wait_for("ended 1 session that the rules now refuse")
        with self.assertRaises(ConnectionResetError):
            tunnel.socket.recv(1)
        record = gateway.records(1)[0]
        self.assertEqual((record["ended_by"], record["state"]), ("policy", "relay"))
        self.assertEqual(record["why"], "the rules now refuse what it does")
        udp.send(TARGET4, 7, b"through")
        self.assertEqual(udp.receive()[1], b"through")

    def test_a_rule_that_expires_takes_its_sessions_along_where_that_is_asked_for(self):
        # A busy machine may need longer than the first try gives it.
        for ahead in (3, 60):
            expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ahead))
            gateway = self.start(CONFIG + "end_refused = true\n" + ALLOW_ALL + f"expires = {expires}\n")
            tunnel = Control(self.lab)
            self.addCleanup(tunnel.close)
            tunnel.greet()
            if tunnel.ask(CONNECT, TARGET4, 7)[0] == 0:
                break
            gateway.stop()
        with self.assertRaises(ConnectionResetError):
            tunnel.socket.recv(1)
        gateway.wait_for("ended 1 session that the rules now refuse")

    def test_a_typo_in_a_reload_is_named_and_changes_nothing(self):
        gateway = self.start()
        line = gateway.reload(CONFIG + ALLOW_ALL + 'verdikt = "deny"\n', expect="sluice.toml:[0-9]+:[0-9]+: ")
        self.assertIn("verdikt", line)
        self.assertIn(HELLO, self.curl("--socks5", f"{GATEWAY4}:1080", f"http://{TARGET4}/hello"))

    def test_a_reload_moves_the_listener(self):
        gateway = self.start()
        gateway.reload(CONFIG.replace("1080", "1081") + ALLOW_ALL)
        self.assertIn(HELLO, self.curl("--socks5", f"{GATEWAY4}:1081", f"http://{TARGET4}/hello"))
        gateway.reload(CONFIG.replace("[socks]", "[socks]\nenabled = false") + ALLOW_ALL)
        self.assert_closes(GATEWAY4, 1081)
        self.curl("--socks5", f"{GATEWAY4}:1081", f"http://{TARGET4}/hello", code=7)

    def test_a_term_signal_drains_and_a_second_one_stops(self):
        gateway = self.start()
        tunnel = subprocess.Popen(self.lab.inside("client", "ncat", "--proxy", f"{GATEWAY4}:1080", "--proxy-type", "socks5",
                                                  TARGET4, "7"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(tunnel.communicate)
        tunnel.stdin.write(b"before\n")
        tunnel.stdin.flush()
        self.assertEqual(tunnel.stdout.readline(), b"before\n")
        gateway.signal(signal.SIGTERM)
        gateway.wait_for("draining")
        tunnel.stdin.write(b"while it drains\n")
        tunnel.stdin.flush()
        self.assertEqual(tunnel.stdout.readline(), b"while it drains\n")
        gateway.signal(signal.SIGTERM)
        gateway.wait_for("stopped$")
        self.assertEqual(gateway.process.wait(), 0)
        record = gateway.records(1)[0]
        self.assertEqual(record["ended_by"], "operator")

    def test_out_of_descriptors_clients_wait_and_are_served_later(self):
        gateway = self.start(CONFIG + ALLOW_ALL, "--shards=1", limit_files=64)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "crowd.py")
        text = self.client(sys.executable, script, GATEWAY4, "1080", TARGET4, "7", "200")
        self.assertIn("200 of 200 echoed", text)
        self.assertEqual(len(gateway.records(200)), 200)


class RefusalsAtStart(EndToEnd):
    def daemon(self, *flags):
        done = subprocess.run(self.lab.inside("gateway", os.environ["SLUICED"], *flags), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
        return done.returncode, done.stdout

    def test_check_names_file_line_and_column(self):
        path = self.lab.write("bad.toml", '[socks]\nport = "x"\n[timeouts]\nconect = "10s"\n')
        code, text = self.daemon("--check", f"--config={path}")
        self.assertEqual(code, 1)
        self.assertIn(f"{path}:2:", text)
        self.assertIn(f"{path}:4:", text)
        self.assertIn("connect", text)

    def test_check_takes_the_shipped_configuration(self):
        code, text = self.daemon("--check")
        self.assertEqual((code, "good" in text), (0, True), text)

    def test_a_missing_file_and_a_taken_port_are_one_sentence(self):
        code, text = self.daemon("--config=/no/such/sluice.toml")
        self.assertEqual(code, 1)
        self.assertIn("/no/such/sluice.toml", text)
        config = self.lab.write("taken.toml", f'[socks]\nlisten = ["{GATEWAY4}"]\nport = 1082\n')
        taken = network.Program(self.lab.inside("gateway", "ncat", "-l", "-k", "-v", GATEWAY4, "1082"))
        self.addCleanup(taken.stop)
        taken.wait_for("Listening")
        code, text = self.daemon(f"--config={config}")
        self.assertEqual(code, 1)
        self.assertIn("another program listens there", text)


if __name__ == "__main__":
    network.main()
