"""Peers that vanish, as after a power failure, and peers that are there and take nothing, on a real network: with Linux's own timers."""

import contextlib
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, EndToEnd  # noqa: E402
from lab import GATEWAY4, GATEWAY6, TARGET4, TARGET6, WAIT_SECONDS  # noqa: E402
from raw_client import CONNECT, UDP_ASSOCIATE, Control  # noqa: E402

QUICK = """
[timeouts]
idle = "24h"
keepalive = "1s"
keepalive_interval = "1s"
keepalive_probes = 2
unacknowledged = "3s"
stalled = "5s"
"""
CALM = QUICK.replace('"5s"', '"1h"')
NOBODY = "02:00:00:00:00:99"


class Silence(EndToEnd):
    def tunnel(self, host=TARGET4, gateway=GATEWAY4, port=7):
        """A tunnel to the echo, unless something else is at the port."""
        control = Control(self.lab, gateway)
        self.addCleanup(control.close)
        control.greet()
        self.assertEqual(control.ask(CONNECT, host, port)[0], 0)
        return control

    @contextlib.contextmanager
    def vanished(self, role, *addresses):
        """What the gateway sends to that host goes to a machine that is not there; nobody says so."""
        device = {"client": "g-c", "target": "g-t"}[role]
        for address in addresses:
            self.lab.run("gateway", "ip", "neigh", "replace", address, "lladdr", NOBODY, "dev", device, "nud", "permanent")
        try:
            yield
        finally:
            for address in addresses:
                self.lab.run("gateway", "ip", "neigh", "del", address, "dev", device)

    def assert_gone(self, gateway, who, count=1):
        for record in gateway.records(count):
            self.assertEqual((record["ended_by"], record["why"], record["error"]), ("timeout", f"the {who} no longer answers", "Connection timed out"))

    def test_idle_tunnels_of_both_families_end_when_their_target_has_vanished(self):
        gateway = self.start(CONFIG + CALM + ALLOW_ALL)
        for host, by in ((TARGET4, GATEWAY4), (TARGET6, GATEWAY6)):
            self.tunnel(host, by, port=80)
        with self.vanished("target", TARGET4, TARGET6):
            self.assert_gone(gateway, "target", count=2)

    def test_who_speaks_to_a_vanished_target_is_cut_off(self):
        gateway = self.start(CONFIG + CALM + ALLOW_ALL)
        control = self.tunnel()
        with self.vanished("target", TARGET4):
            control.socket.sendall(b"is anybody there?")
            with self.assertRaises(ConnectionResetError):
                control.socket.recv(1)
            self.assert_gone(gateway, "target")

    def test_idle_clients_that_have_vanished_end_tunnel_and_association(self):
        gateway = self.start(CONFIG + CALM.replace("[timeouts]", '[timeouts]\nudp_idle = "24h"') + ALLOW_ALL)
        self.tunnel()
        associated = Control(self.lab)
        self.addCleanup(associated.close)
        associated.greet()
        self.assertEqual(associated.ask(UDP_ASSOCIATE, "0.0.0.0", 0)[0], 0)
        with self.vanished("client", network.CLIENT4):
            self.assert_gone(gateway, "client", count=2)

    def test_client_that_vanishes_in_a_download_is_gone_long_before_it_would_have_stalled(self):
        gateway = self.start(CONFIG + CALM + ALLOW_ALL)
        control = self.tunnel(port=80)
        control.socket.sendall(b"GET /bytes/50000000 HTTP/1.1\r\nHost: target\r\n\r\n")
        control.read(1000)
        with self.vanished("client", network.CLIENT4):
            self.assert_gone(gateway, "client")

    def test_client_that_is_there_and_takes_nothing_is_ended_as_stalled(self):
        gateway = self.start(CONFIG + QUICK + ALLOW_ALL)
        control = self.tunnel(port=80)
        control.socket.sendall(b"GET /bytes/50000000 HTTP/1.1\r\nHost: target\r\n\r\n")
        record = gateway.records(1)[0]
        self.assertEqual((record["ended_by"], record["why"]), ("timeout", "the client took nothing within the stalled time-out"))
        self.assertLess(record["bytes_down"], 4_000_000)

    def test_client_that_pauses_for_longer_than_vanished_ones_have_loses_nothing(self):
        """What TCP_USER_TIMEOUT would have cut: Linux counts the time for which a window is closed, whoever answers."""
        gateway = self.start(CONFIG + CALM + ALLOW_ALL)
        control = self.tunnel(port=80)
        control.socket.sendall(b"GET /bytes/20000000 HTTP/1.1\r\nHost: target\r\nConnection: close\r\n\r\n")
#Three times as long as one who has vanished is given, by those who have.
        for round_number in range(1, 4):
            self.tunnel(TARGET6, GATEWAY6, port=80)
            with self.vanished("target", TARGET6):
                self.assert_gone(gateway, "target", count=round_number)
        received = 0
        while piece := control.socket.recv(1 << 20):
            received += len(piece)
        self.assertGreater(received, 20_000_000)

    def test_sockets_have_the_timers_of_the_configuration(self):
        self.start(CONFIG + ALLOW_ALL)
        control = self.tunnel()
        self.addCleanup(control.close)
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            sockets = self.lab.run("gateway", "ss", "-Htno", "state", "established").stdout.splitlines()
            timers = [line for line in sockets if "keepalive" in line]
            if len(timers) == 2:
                return
            time.sleep(0.01)
        self.fail(f"expected a keepalive on both sockets, found {sockets}")


if __name__ == "__main__":
    network.main()
