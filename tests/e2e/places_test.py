"""Who gets in where many want to: one number of places for all shards, and nobody who takes them all, be it connections, tunnels, UDP
associations or BINDs."""

import contextlib
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, EndToEnd  # noqa: E402
from lab import CLIENT4, CLIENT6, GATEWAY4, GATEWAY6, OTHER_CLIENT4, TARGET4, TARGET6, WAIT_SECONDS  # noqa: E402
from raw_client import BIND, CONNECT, UDP_ASSOCIATE, Association, Control  # noqa: E402

MANY = CONFIG + "backlog = 4096\n" + ALLOW_ALL


class Places(EndToEnd):
    def from_address(self, source, gateway=GATEWAY4):
        """A Control from one of the client's addresses."""
        control = Control.__new__(Control)
        with self.lab.within("client"):
            control.socket = socket.create_connection((gateway, 1080), timeout=WAIT_SECONDS, source_address=(source, 0))
        self.addCleanup(control.close)
        return control

    def code(self, command, source=CLIENT4, gateway=GATEWAY4, target=(TARGET4, 80)):
        """The reply code, and the connection that it came on; None twice where it was reset."""
        try:
            control = self.from_address(source, gateway)
            control.greet()
            return control.ask(command, *target)[0], control
        except (EOFError, ConnectionResetError):
            return None, None

    def grab(self, command, source, attempts):
        """As many as are given, of so many attempts."""
        taken = []
        for _ in range(attempts):
            code, control = self.code(command, source)
            if code == 0:
                taken.append(control)
        return taken

    def assert_others_are_served(self, times=5):
        # An association comes first: a connection waits for a place that is about to be free, its second place must be there.
        with Association(self.lab) as association:
            association.send(TARGET4, 7, b"through")
            self.assertEqual(association.receive()[1], b"through")
        for _ in range(times):
            for served in (self.code(CONNECT), self.code(CONNECT, CLIENT6, GATEWAY6, (TARGET6, 80))):
                self.assertEqual(served[0], 0)
                served[1].close()

    def test_every_place_is_taken_whichever_shard_a_client_comes_to(self):
        for shards, sources in ((2, (CLIENT4,)), (3, (CLIENT4, OTHER_CLIENT4))):
            with self.subTest(shards=shards):
                gateway = self.start(MANY, f"--shards={shards}", "--sessions_max=40")
                taken = []
                for number in range(40):
                    code, control = self.code(CONNECT, sources[number % len(sources)])
                    self.assertEqual(code, 0, f"after {len(taken)}")
                    taken.append(control)
                late = self.from_address(CLIENT6, GATEWAY6)
                late.socket.sendall(b"\x05\x01\x00")
                taken.pop().close()
                self.assertEqual(late.read(2), b"\x05\x00", "it was woken for the place")
                gateway.stop()

    def test_silent_connections_of_one_address_keep_nobody_out(self):
        gateway = self.start(MANY, "--shards=2", "--sessions_max=200")
        with contextlib.ExitStack() as silent, self.lab.within("client"):
            for _ in range(400):
                one = silent.enter_context(socket.socket())
                one.bind((OTHER_CLIENT4, 0))
                one.setblocking(False)
                one.connect_ex((GATEWAY4, 1080))
            self.assert_others_are_served()
        turned_away = [record for record in gateway.records(200) if record["ended_by"] == "limit"]
        self.assertTrue(turned_away)
        for record in turned_away:
            self.assertEqual(record["client"].split(":")[0], OTHER_CLIENT4)
            self.assertIn(record["why"], ("its source has as many sessions as it may",
                                          "no place was left, and its source had the most unfinished handshakes"))

    def test_tunnels_of_one_address_keep_nobody_out(self):
        self.start(MANY, "--shards=2", "--sessions_max=200")
        self.assertGreater(len(self.grab(CONNECT, OTHER_CLIENT4, 220)), 150)
        self.assert_others_are_served(times=1)

    def test_no_number_of_associations_or_binds_takes_the_last_descriptors(self):
        for command in (UDP_ASSOCIATE, BIND):
            with self.subTest(command=command):
                files = 700
                gateway = self.start(MANY + '[limits]\nbinds = 0\n', "--shards=2", limit_files=files)
                taken = self.grab(command, OTHER_CLIENT4, 300)
                self.assertLess(len(os.listdir(f"/proc/{gateway.process.pid}/fd")), files - 50)
                self.assertGreater(len(taken), 50)
                self.assert_others_are_served(times=1)
                gateway.stop()

    def test_bounds_of_one_address_are_read_again(self):
        gateway = self.start(MANY + "[limits]\nassociations = 2\nbinds = 1\nsessions = 20\n", "--shards=2")
        self.assertEqual(len(self.grab(UDP_ASSOCIATE, OTHER_CLIENT4, 4)), 2)
        self.assertEqual(len(self.grab(BIND, OTHER_CLIENT4, 3)), 1)
        self.assertEqual(self.code(UDP_ASSOCIATE)[0], 0)
        gateway.reload(MANY + "[limits]\nassociations = 3\nbinds = 2\n")
        self.assertEqual(len(self.grab(UDP_ASSOCIATE, OTHER_CLIENT4, 4)), 1)
        self.assertEqual(len(self.grab(BIND, OTHER_CLIENT4, 3)), 1)


if __name__ == "__main__":
    network.main()
