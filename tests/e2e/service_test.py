"""What an administrator changes while traffic runs: listeners, the service itself, and where connections leave."""

import os
import signal
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HELLO, EndToEnd  # noqa: E402
from lab import (CLIENT4, EGRESS4, EGRESS6, GATEWAY4, GATEWAY6, OTHER_CLIENT4, OTHER_EGRESS4, TARGET4, TARGET6,  # noqa: E402
                 WAIT_SECONDS)
from raw_client import BIND, UDP_ASSOCIATE, Association, Control  # noqa: E402

URL = f"http://{TARGET4}/hello"
REFUSED, CANNOT_CONNECT = 97, 7  # curl's exit codes


class Listeners(EndToEnd):
    def on(self, *addresses, port=1080, enabled="true"):
        listed = ", ".join(f'"{address}"' for address in addresses)
        return f"[socks]\nenabled = {enabled}\nlisten = [{listed}]\nport = {port}\n" + ALLOW_ALL

    def assert_served_at(self, *addresses):
        for proxy in (GATEWAY4, EGRESS4, f"[{GATEWAY6}]", f"[{EGRESS6}]"):
            if proxy.strip("[]") in addresses:
                self.curl("--socks5", f"{proxy}:1080", URL)
            else:
                self.assert_closes(proxy.strip("[]"))

    def test_any_is_both_families_and_addresses_come_and_go(self):
        self.lab.run("client", "ip", "route", "replace", "10.77.2.1/32", "via", GATEWAY4)  # so that each address of the gateway can be asked
        self.lab.run("client", "ip", "route", "replace", "fd77:2::1/128", "via", GATEWAY6)
        self.addCleanup(self.lab.run, "client", "ip", "route", "del", "10.77.2.1/32")
        self.addCleanup(self.lab.run, "client", "ip", "-6", "route", "del", "fd77:2::1/128")
        gateway = self.start(self.on("any"))
        self.assert_served_at(GATEWAY4, EGRESS4, GATEWAY6, EGRESS6)
        for addresses in ((GATEWAY4, GATEWAY6), (EGRESS4, GATEWAY4), (GATEWAY6,), ("any",)):
            with self.subTest(addresses=addresses):
                gateway.reload(self.on(*addresses))
                self.assert_served_at(*(addresses if addresses != ("any",) else (GATEWAY4, EGRESS4, GATEWAY6, EGRESS6)))

    def test_disabled_it_serves_nobody_new_and_lets_all_go_on(self):
        gateway = self.start(self.on("any"))
        size = 200_000_000
        download = network.Program(self.lab.inside("client", "curl", "-sS", "--socks5", f"{GATEWAY4}:1080", "-o", "/dev/null", "-w",
                                                   "got %{size_download}\\n", f"http://{TARGET4}/half/{size}"))
        self.addCleanup(download.stop)
        self.target.wait_for("^halfway$")
        with Association(self.lab) as association, Control(self.lab) as waiting:
            waiting.greet()
            code, bound = waiting.ask(BIND, TARGET4, 0)
            self.assertEqual(code, 0)
            gateway.reload(self.on("any", enabled="false"))
            for proxy in (GATEWAY4, GATEWAY6):
                self.assert_closes(proxy)
            self.curl("--socks5", f"{GATEWAY4}:1080", URL, code=CANNOT_CONNECT)
            association.send(TARGET4, 7, b"goes on")
            self.assertEqual(association.receive()[1], b"goes on")
            with self.lab.within("target"), socket.create_connection(bound, WAIT_SECONDS) as peer:
                self.assertEqual(waiting.reply(), (0, peer.getsockname()))
            with self.lab.within("target"), socket.create_connection((TARGET4, 80), WAIT_SECONDS) as let_go:
                let_go.sendall(b"GET /go HTTP/1.0\r\n\r\n")  # from there: the client has no way in at the moment
                let_go.recv(100)
            download.wait_for(f"got {size}")
        self.assertEqual(download.process.wait(), 0)
        gateway.reload(self.on("any"))
        self.assertIn(HELLO, self.curl("--socks5", f"{GATEWAY4}:1080", URL))

    def test_commands_that_the_rules_do_not_have_are_refused(self):
        self.start(CONFIG + ALLOW_ALL + 'commands = ["connect"]\n')
        for command in (BIND, UDP_ASSOCIATE):
            with Control(self.lab) as control:
                control.greet()
                self.assertEqual(control.ask(command, TARGET4, 7)[0], 2)
                self.assertTrue(control.at_end())


class Spinning(EndToEnd):
    def spun(self, *flags):
        """Microseconds that a gateway has spun when it has served a client."""
        gateway = self.start(CONFIG + ALLOW_ALL, *flags)
        self.curl("--socks5", f"{GATEWAY4}:1080", URL)
        gateway.signal(signal.SIGUSR1)
        return int(gateway.wait_for("sluice_spin_microseconds_total").split()[-1])

    def test_shards_look_for_work_before_they_sleep_and_say_how_long(self):
        self.assertGreater(self.spun(), 0)

    def test_shards_that_may_not_spin_sleep_at_once(self):
        self.assertEqual(self.spun("--spin_us=0"), 0)


def linux():
    return tuple(int(number) for number in os.uname().release.split("-")[0].split(".")[:2])


class Gathering(EndToEnd):
    def gathered(self, *flags):
        """Turns of a gateway that waited for more, when a fast stream has gone through."""
        gateway = self.start(CONFIG + ALLOW_ALL, *flags)
        self.curl("--output", "/dev/null", "--socks5", f"{GATEWAY4}:1080", f"http://{TARGET4}/bytes/50000000")
        gateway.signal(signal.SIGUSR1)
        return int(gateway.wait_for("sluice_turns_gathered_total").split()[-1])

    @unittest.skipIf(linux() < (6, 12), "Linux 6.12 can")
    def test_shards_wait_for_more_of_a_stream_and_say_how_often(self):
        self.assertGreater(self.gathered(), 0)

    def test_shards_that_may_not_wait_never_do(self):
        self.assertEqual(self.gathered("--gather_us=0"), 0)


class Egress(EndToEnd):
    def leaving_by(self, egress, source=CLIENT4):
        return f'[[rule]]\nname = "by_{source}"\nsource = ["{source}"]\nverdict = "allow"\negress = {egress}\n'

    def seen(self, url=f"http://{TARGET4}/who", code=0, source=CLIENT4):
        return self.curl("--interface", source, "--socks5", f"{GATEWAY4}:1080", url, code=code).strip()

    def test_each_rule_has_its_own_address_for_every_command(self):
        gateway = self.start(CONFIG + self.leaving_by(f'{{ address = "{OTHER_EGRESS4}" }}') +
                             self.leaving_by(f'{{ address = "{EGRESS4}", interface = "g-t" }}', OTHER_CLIENT4))
        self.assertEqual(self.seen(), OTHER_EGRESS4)
        self.assertEqual(self.seen(source=OTHER_CLIENT4), EGRESS4)
        self.assertEqual({record["egress"].split(":")[0] for record in gateway.records(2)}, {OTHER_EGRESS4, EGRESS4})
        with Control(self.lab) as control:
            control.greet()
            self.assertEqual(control.ask(BIND, TARGET4, 0)[1][0], OTHER_EGRESS4)
        since = self.target.count()
        with Association(self.lab) as association:
            association.send(TARGET4, 7, b"leaving")
            self.assertEqual(association.receive(), ((TARGET4, 7), b"leaving"))
        self.target.wait_for(f"^datagram from {OTHER_EGRESS4} [0-9]+ b'leaving'", since)

    def test_the_next_address_where_one_is_not_to_be_had_and_another_rule_live(self):
        gateway = self.start(CONFIG + self.leaving_by(f'{{ address = ["192.0.2.1", "{OTHER_EGRESS4}"] }}'))
        self.assertEqual(self.seen(), OTHER_EGRESS4)
        gateway.reload(CONFIG + self.leaving_by('{ address = ["192.0.2.1"] }'))
        self.seen(code=REFUSED)
        gateway.reload(CONFIG + self.leaving_by('{ interface = "no-such-link" }'))
        self.seen(code=REFUSED)
        gateway.reload(CONFIG + self.leaving_by(f'{{ address = ["{OTHER_EGRESS4}", "{EGRESS6}"], interface = "g-t" }}'))
        self.assertEqual(self.seen(), OTHER_EGRESS4)
        self.assertEqual(self.seen(f"http://[{TARGET6}]/who"), EGRESS6)


if __name__ == "__main__":
    network.main()
