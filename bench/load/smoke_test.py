#!/usr/bin/env python3
"""smoke_test.py SLUICED SLUICE_LOAD: every scenario of the load against the real daemon, with tiny counts and no look at the clock.

In a network namespace of its own, so that the port is free; where the user is not root, a user namespace gives enough of it.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CONFIG = """
[socks]
listen = ["127.0.0.1"]
port = 1080
socks4 = true

[[rule]]
name = "deny_one"
destination = ["127.0.0.9"]
verdict = "deny"

[[rule]]
name = "allow_loopback"
destination = ["127.0.0.0/8"]
verdict = "allow"
"""
AUTHENTICATION = """
[auth]
methods = ["password"]

[[user]]
name = "alice"
password = "{hash}"
"""
PROXY = "127.0.0.1:1080"


class Sluiced:
    """The daemon with one shard. Its access log is complete after stop()."""

    def __init__(self, folder):
        self.config = os.path.join(folder, "sluice.toml")
        self.log = os.path.join(folder, "access.log")
        self.start()

    def start(self, more=""):
        """`more`: what the configuration has besides."""
        with open(self.config, "w") as file:
            file.write(CONFIG + more)
        self.said = ""
        self.process = subprocess.Popen([SLUICED, f"--config={self.config}", "--shards=1", f"--access_log={self.log}", "--admin_socket=", "--admin_listen=", "--state_folder="],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.said += line
            if "ready, listening on" in line:
                return
        raise AssertionError("sluiced did not start:\n" + self.said)

    def stop(self):
        if not self.process.stderr.closed:
            self.process.terminate()
            self.said += self.process.communicate()[1]

    def records(self):
        with open(self.log) as file:
            return [json.loads(line) for line in file]


class SmokeTest(unittest.TestCase):
    def setUp(self):
        cleanup = contextlib.ExitStack()
        self.addCleanup(cleanup.close)
        folder = tempfile.mkdtemp(prefix="sluice-load-")
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        self.sluiced = Sluiced(folder)
        cleanup.callback(self.sluiced.stop)

    def load(self, *arguments, status=0):
        """The report of one run, after it exited with `status`."""
        done = subprocess.run([LOAD, *arguments, f"--proxy={PROXY}", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def sessions(self):
        """The access log, once the daemon has stopped."""
        self.sluiced.stop()
        return self.sluiced.records()

    def test_every_version_opens_and_closes_as_many_connections_as_asked_for(self):
        for version in ("4", "4a", "5"):
            report = self.load("cps", "--count=40", "--in_flight=8", f"--socks={version}")
            self.assertEqual((report["connections"], report["failures"]), (40, 0), version)
            self.assertGreater(report["latency_p50_us"], 0)
        records = self.sessions()
        self.assertEqual(len(records), 120)
        self.assertEqual({(record["bytes_up"], record["bytes_down"]) for record in records}, {(1, 1)})

    def test_a_name_is_asked_for_as_a_name(self):
        for version in ("4a", "5"):
            report = self.load("cps", "--count=5", "--name=127.0.0.1", f"--socks={version}")
            self.assertEqual((report["connections"], report["failures"]), (5, 0))
        self.assertEqual(len(self.sessions()), 10)

    def test_round_trips_are_as_many_and_as_large_as_asked_for(self):
        for size in (1, 64, 300_000):
            report = self.load("rr", "--count=60", "--connections=4", f"--size={size}")
            self.assertEqual((report["round_trips"], report["unanswered"], report["failures"]), (60, 0, 0))
        records = self.sessions()
        self.assertEqual(len(records), 12)
        self.assertEqual(sum(record["bytes_up"] for record in records), 60 * 300_065)
        self.assertEqual(sum(record["bytes_down"] for record in records), 60 * 300_065)

    def test_a_rate_asks_exactly_its_schedule(self):
        report = self.load("rr", "--count=50", "--connections=3", "--rate=5000")
        self.assertEqual((report["round_trips"], report["unanswered"], report["failures"]), (50, 0, 0))
        self.assertEqual(sum(record["bytes_up"] for record in self.sessions()), 50 * 64)

    def test_bulk_moves_exactly_the_bytes_asked_for(self):
        up = self.load("bulk", "--direction=up", "--bytes=10000001", "--connections=3")
        self.assertEqual((up["bytes_up"], up["bytes_down"], up["failures"]), (10_000_001, 0, 0))
        down = self.load("bulk", "--direction=down", "--bytes=10000001", "--connections=3")
        self.assertEqual((down["bytes_up"], down["bytes_down"], down["failures"]), (0, 10_000_001, 0))
        both = self.load("bulk", "--direction=both", "--bytes=10000001", "--connections=3")
        self.assertEqual((both["bytes_up"], both["bytes_down"], both["failures"]), (5_000_001, 5_000_000, 0))
        records = self.sessions()
        self.assertEqual(len(records), 9)
        self.assertEqual(sum(record["bytes_up"] for record in records), 15_000_002)

    def test_tunnels_that_nobody_reads_stand_beside_bulk(self):
        report = self.load("bulk", "--direction=down", "--bytes=10000001", "--connections=3", "--unread=5")
        self.assertEqual((report["bytes_down"], report["unread"], report["failures"]), (10_000_001, 5, 0))
        self.assertGreater(report["tcp_bytes_per_unread"], 0)
        self.assertEqual(len(self.sessions()), 3 + 5)
        self.assertRegex(self.load("bulk", "--direction=up", "--unread=5", status=2), "expected at least 0, with --direction=down")

    def test_idle_tunnels_are_alive_at_the_end_and_the_daemon_is_measured(self):
        report = self.load("idle", "--connections=50", "--seconds=0.1", f"--pid={self.sluiced.process.pid}")
        self.assertEqual((report["tunnels"], report["echoed"], report["alive"], report["failures"]), (50, 50, 50, 0))
        self.assertGreater(report["pss_before_bytes"], 0)
        self.assertIn("pss_bytes_per_tunnel", report)
        self.assertIn("cpu_percent", report)
        self.assertEqual({(record["bytes_up"], record["bytes_down"]) for record in self.sessions()}, {(2, 2)})

    def test_a_groups_cpu_time_is_read_in_both_versions(self):
        for text in ("5000000000\n", "usage_usec 5000000\nuser_usec 1\n"):
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(text)
                file.flush()
                report = self.load("rr", "--count=2", f"--cpu_file={file.name}")
                self.assertEqual((report["cpu_seconds"], report["cpu_us_per_round_trip"]), (0, 0))
        self.assertRegex(self.load("rr", "--count=2", "--cpu_file=/proc/version", status=2), "expected a cgroup's cpuacct.usage or cpu.stat")

    def test_a_back_end_elsewhere_serves(self):
        with subprocess.Popen([LOAD, "serve", "--json"], stdout=subprocess.PIPE, text=True) as serve:
            try:
                services = dict(serve.stdout.readline().split() for _ in range(4))
                echoed = self.load("rr", "--count=20", "--connections=2", f"--backend={services['echo']}")
                sunk = self.load("bulk", "--direction=up", "--bytes=1000001", "--connections=2", f"--backend={services['sink']}")
            finally:
                serve.terminate()
            self.assertEqual(json.load(serve.stdout)["bytes_received"], 1_000_001)
        self.assertEqual((echoed["round_trips"], echoed["failures"]), (20, 0))
        self.assertEqual((sunk["bytes_up"], sunk["failures"]), (1_000_001, 0))

    def test_a_back_end_in_the_same_thread_serves_every_scenario(self):
        same = "--backend_thread=false"
        self.assertEqual(self.load("rr", "--count=60", "--connections=4", "--size=300000", same)["round_trips"], 60)
        self.assertEqual(self.load("cps", "--count=40", "--in_flight=8", same)["connections"], 40)
        self.assertEqual(self.load("udp", "--count=200", "--connections=2", same)["echoes"], 200)
        both = self.load("bulk", "--direction=both", "--bytes=10000001", "--connections=3", same)
        self.assertEqual((both["bytes_up"], both["bytes_down"], both["failures"]), (5_000_001, 5_000_000, 0))
        self.assertEqual(self.load("idle", "--connections=20", "--seconds=0.1", same)["alive"], 20)
        mixed = self.load("mixed", "--count=20", "--bytes=300000", "--standing=3", same)
        self.assertEqual((mixed["rr_round_trips"], mixed["bulk_down_bytes_down"], mixed["failures"]), (20, 300_000, 0))

    def test_a_load_that_spins_counts_what_one_that_sleeps_does(self):
        for scenario, unit in (("rr", "round_trips"), ("cps", "connections"), ("udp", "echoes")):
            self.assertEqual(self.load(scenario, "--count=100", "--rate=4000", "--spin")[unit], 100)

    def test_the_typical_percentile_is_told_of_all_that_have_latencies(self):
        for scenario in ("rr", "cps", "udp"):
            report = self.load(scenario, "--count=200")
            self.assertGreaterEqual(report["latency_p99_typical_us"], report["latency_min_us"], scenario)
            self.assertLessEqual(report["latency_p99_typical_us"], report["latency_max_us"], scenario)

    def test_a_relay_stands_in_front_of_the_built_in_back_end(self):
        for more in ([], ["--backend_thread=false"]):
            report = self.load("rr", "--count=20", "--connections=2", "--direct", "--listen=127.0.0.1:7000", "--backend=127.0.0.1:7000", *more)
            self.assertEqual((report["round_trips"], report["failures"]), (20, 0))
        self.assertRegex(self.load("serve", "--backend=127.0.0.1:7000", status=2), "expected no --backend, but --listen")

    def test_what_the_proxy_refuses_is_a_failure_not_a_connection(self):
        report = self.load("cps", "--count=6", "--in_flight=2", "--name=127.0.0.9", status=1)
        self.assertEqual((report["connections"], report["failures"]), (0, 6))
        self.assertEqual(report["first_failure"], "refused: reply code 2")
        message = self.load("rr", "--count=6", "--name=127.0.0.9", status=2)
        self.assertRegex(message, "a tunnel did not open: refused: reply code 2")

    def test_nobody_at_the_proxys_port_is_said_in_one_sentence(self):
        self.sluiced.stop()
        message = self.load("rr", "--count=1", status=2)
        self.assertEqual(message, "sluice-load: a tunnel did not open: connect: Connection refused\n")

    def test_datagrams_are_as_many_and_as_large_as_asked_for(self):
        for size, trains in ((8, "--notrains"), (1200, "--trains"), (9000, "--notrains")):
            report = self.load("udp", "--count=500", "--connections=4", "--window=8", f"--size={size}", trains)
            self.assertEqual((report["echoes"], report["unanswered"], report["failures"]), (500, 0, 0))
        held = self.load("idle", "--udp", "--connections=20", "--seconds=0.1", f"--pid={self.sluiced.process.pid}")
        self.assertEqual((held["associations"], held["echoed"], held["alive"], held["failures"]), (20, 20, 20, 0))
        self.assertIn("pss_bytes_per_association", held)
        records = self.sessions()
        self.assertEqual({record["command"] for record in records}, {"udp_associate"})
        self.assertEqual(len(records), 3 * 4 + 20)

    def test_a_datagram_to_a_name_asks_for_the_name(self):
        report = self.load("udp", "--count=20", "--connections=2", "--name=127.0.0.1")
        self.assertEqual((report["echoes"], report["failures"]), (20, 0))

    def test_a_mixed_run_has_as_much_of_each_kind_as_asked_for(self):
        report = self.load("mixed", "--count=60", "--bytes=1000001", "--connections=4", "--streams=2", "--churn=2000", "--standing=20",
                           "--associations=2", "--window=4", f"--pid={self.sluiced.process.pid}")
        self.assertEqual((report["rr_round_trips"], report["rr_unanswered"]), (60, 0))
        self.assertEqual((report["udp_echoes"], report["udp_unanswered"]), (60, 0))
        self.assertEqual((report["cps_connections"], report["idle_echoed"], report["idle_alive"]), (60, 20, 20))
        self.assertEqual((report["bulk_down_bytes_down"], report["bulk_up_bytes_up"]), (1_000_001, 1_000_001))
        self.assertEqual((report["failures"], report["failures_refused"], report["cps_failures"]), (0, 0, 0))
        for key in ("cpu_percent", "load_turn_p99_us", "rr_latency_p99_us", "udp_latency_p99_us", "cps_latency_p99_us"):
            self.assertIn(key, report)
        records = self.sessions()
        tunnels = [record for record in records if record["command"] == "connect"]
        self.assertEqual((len(tunnels), len(records) - len(tunnels)), (4 + 2 * 2 + 60 + 20, 2))
        # Ping-pong, two bulk streams up (and two down, of which nothing goes up), those that came and went, the idle ones.
        self.assertEqual(sorted(record["bytes_up"] for record in tunnels),
                         [0] * 2 + [1] * 60 + [2] * 20 + [15 * 64] * 4 + [500_000, 500_001])

    def test_every_scenario_that_has_a_rate_does_exactly_its_schedule(self):
        self.assertEqual(self.load("cps", "--count=30", "--in_flight=4", "--rate=3000")["connections"], 30)
        self.assertEqual(self.load("udp", "--count=300", "--connections=3", "--window=2", "--rate=20000")["echoes"], 300)
        moved = self.load("bulk", "--direction=both", "--bytes=2000001", "--connections=3", "--gbit=2")
        self.assertEqual((moved["bytes_up"] + moved["bytes_down"], moved["failures"]), (2_000_001, 0))
        self.assertEqual(sum(record["command"] == "connect" for record in self.sessions()), 30 + 3)

    def test_a_mixed_run_keeps_a_schedule_and_has_nothing_of_what_is_not_wanted(self):
        report = self.load("mixed", "--count=50", "--rate=5000", "--connections=3", "--streams=1", "--churn=0", "--standing=0", "--associations=0",
                           "--socks=4")
        self.assertEqual((report["rr_round_trips"], report["rr_unanswered"], report["failures"]), (50, 0, 0))
        self.assertEqual({key.split("_")[0] for key in report if re.match("rr|bulk|cps|idle|udp", key)}, {"rr", "bulk"})
        self.assertEqual(len(self.sessions()), 3 + 2)

    def test_a_mixed_run_finds_the_services_of_a_back_end_elsewhere_at_ports_that_follow_each_other(self):
        with subprocess.Popen([LOAD, "serve", "--listen=127.0.0.1:7000", "--json"], stdout=subprocess.PIPE, text=True) as serve:
            try:
                for _ in range(4):
                    serve.stdout.readline()
                report = self.load("mixed", "--count=20", "--bytes=300000", "--standing=3", "--backend=127.0.0.1:7000")
            finally:
                serve.terminate()
            self.assertEqual(json.load(serve.stdout)["bytes_received"], 300_000)
        self.assertEqual((report["rr_round_trips"], report["bulk_down_bytes_down"], report["failures"]), (20, 300_000, 0))

    def test_in_a_mixed_run_what_is_refused_is_told_by_kind(self):
        message = self.load("mixed", "--count=1", "--name=127.0.0.9", status=2)
        self.assertRegex(message, "a tunnel did not open: refused: reply code 2")
        message = self.load("mixed", "--count=1", "--socks=4", status=2)
        self.assertRegex(message, "SOCKS4 has no UDP ASSOCIATE")
        self.assertRegex(self.load("mixed", "--churn=-1", status=2), "--churn: expected at least 0, found \"-1\"")

    def test_a_password_opens_in_every_scenario_and_a_wrong_one_in_none(self):
        self.sluiced.stop()
        hashed = subprocess.run([SLUICED, "--hash_password"], input="correct horse\n", stdout=subprocess.PIPE, text=True,
                                check=True).stdout.strip()
        self.sluiced.start(AUTHENTICATION.format(hash=hashed))
        alice = ("--user=alice", "--password=correct horse")
        self.assertEqual(self.load("cps", "--count=40", "--in_flight=8", *alice)["connections"], 40)
        self.assertEqual(self.load("rr", "--count=10", "--connections=2", *alice)["round_trips"], 10)
        self.assertEqual(self.load("udp", "--count=10", "--connections=2", *alice)["echoes"], 10)
        wrong = self.load("cps", "--count=1", "--in_flight=1", "--user=alice", "--password=wrong", status=1)
        self.assertEqual((wrong["connections"], wrong["failures"]), (0, 1))
        self.assertEqual(self.load("cps", "--count=1", "--in_flight=1", status=1)["connections"], 0)

    def test_datagrams_without_a_proxy_are_as_many_as_asked_for(self):
        for trains in ("--trains", "--notrains"):
            report = self.load("udp", "--direct", "--count=500", "--connections=4", "--window=8", trains)
            self.assertEqual((report["echoes"], report["unanswered"], report["failures"]), (500, 0, 0))
            self.assertGreater(report["latency_p50_us"], 0)
        held = self.load("idle", "--udp", "--direct", "--connections=20", "--seconds=0.1")
        self.assertEqual((held["associations"], held["echoed"], held["alive"], held["failures"]), (20, 20, 20, 0))

    def test_direct_needs_no_proxy(self):
        report = self.load("cps", "--direct", "--count=10")
        self.assertEqual((report["connections"], report["failures"]), (10, 0))
        self.assertEqual(self.sessions(), [])

    def test_what_a_version_cannot_say_is_refused_before_it_starts(self):
        self.assertRegex(self.load("cps", "--socks=4", "--name=localhost", status=2), "SOCKS4 carries no names")
        self.assertRegex(self.load("cps", "--socks=6", status=2), "--socks: expected 4, 4a or 5, found \"6\"")
        self.assertRegex(self.load("fly", status=2), "expected a scenario")
        self.assertRegex(self.load("udp", "--socks=4a", status=2), "SOCKS4 has no UDP ASSOCIATE")
        self.assertRegex(self.load("udp", "--size=7", status=2), "--size: expected 8 to 65000 bytes of a datagram, found 7")
        self.assertRegex(self.load("cps", "--password=secret", status=2), "a password needs a user")

    def test_the_table_names_the_same_things_as_the_json(self):
        names = set(self.load("cps", "--count=2"))
        done = subprocess.run([LOAD, "cps", "--count=2", f"--proxy={PROXY}"], stdout=subprocess.PIPE, text=True, check=True)
        self.assertEqual({re.split("  +", line)[0] for line in done.stdout.splitlines()}, names)


def inside_own_network():
    if os.environ.get("SLUICE_LOAD_UNSHARED"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ["SLUICE_LOAD_UNSHARED"] = "1"
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-Urn"]
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


if __name__ == "__main__":
    SLUICED, LOAD = (os.path.realpath(path) for path in sys.argv[1:3])
    inside_own_network()
    unittest.main(argv=sys.argv[:1], verbosity=2)
