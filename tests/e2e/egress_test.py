"""Where connections leave the gateway, on a real network: from which address and port, through which interface, and what is said where that cannot be."""

import contextlib
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, EndToEnd  # noqa: E402
from lab import EGRESS4, EGRESS6, GATEWAY4, TARGET4, TARGET6, WAIT_SECONDS  # noqa: E402
from raw_client import BIND, CONNECT, Association, Control, endpoint  # noqa: E402

SECOND4, THIRD4, SECOND6 = "10.77.2.21", "10.77.2.22", "fd77:2::21"


def rule(**keys):
    return '[[rule]]\nname = "all"\nverdict = "allow"\n' + "".join(f"{key} = {value}\n" for key, value in keys.items())


class Egress(EndToEnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for address in (SECOND4, THIRD4):
            cls.lab.run("gateway", "ip", "addr", "add", f"{address}/24", "dev", "g-t")
        cls.lab.run("gateway", "ip", "addr", "add", f"{SECOND6}/64", "dev", "g-t", "nodad")

    def connect(self, host=TARGET4, port=7, gateway=GATEWAY4):
        """A tunnel to the echo."""
        control = Control(self.lab, gateway)
        self.addCleanup(control.close)
        control.greet()
        return control, control.ask(CONNECT, host, port)

    def test_listener_that_cannot_be_opened_changes_nothing(self):
        gateway = self.start()
        gateway.reload(CONFIG.replace('"any"', '"192.0.2.1"') + ALLOW_ALL, expect="cannot listen on")
        self.assertEqual(self.connect()[1][0], 0)

    def who(self, host):
        return self.curl("--socks5", GATEWAY4, f"http://{host}/who").strip()

    def test_rule_says_from_which_address_a_connection_starts(self):
        self.start(CONFIG + rule(egress=f'{{ address = ["{SECOND4}", "{SECOND6}"] }}'))
        self.assertEqual(self.who(TARGET4), SECOND4)
        self.assertEqual(self.who(f"[{TARGET6}]"), SECOND6)

    def test_reply_and_log_have_the_egress_address(self):
        gateway = self.start(CONFIG + rule(egress=f'{{ address = "{SECOND4}" }}'))
        control, (code, bound) = self.connect()
        self.assertEqual((code, bound[0]), (0, SECOND4))
        control.close()
        self.assertEqual(gateway.records(1)[0]["egress"], f"{bound[0]}:{bound[1]}")

    def test_target_of_a_family_without_an_egress_address_is_unreachable(self):
        self.start(CONFIG + rule(egress=f'{{ address = "{SECOND4}" }}'))
        self.assertEqual(self.connect(TARGET6)[1][0], 3)
        self.assertEqual(self.connect(TARGET4)[1][0], 0)

    def let_ports_be(self, ports):
        """Those that Linux chooses from for a connection of the gateway's host."""
        self.lab.run("gateway", "sh", "-c", f"echo {ports} > /proc/sys/net/ipv4/ip_local_port_range")

    def test_next_address_is_taken_where_one_has_no_port_left(self):
        self.start(CONFIG + rule(egress=f'{{ address = ["{SECOND4}", "{THIRD4}"] }}'))
        self.let_ports_be("40000 40000")
        self.addCleanup(self.let_ports_be, "32768 60999")
        tunnels = [self.connect() for _ in range(2)]
        self.assertEqual(sorted(bound for _, (_, bound) in tunnels), [(SECOND4, 40000), (THIRD4, 40000)])
        self.assertEqual(self.connect()[1][0], 3)  # none is left
        # To another target the same port is free: it is taken by connect(2), not by bind(2).
        self.assertEqual(self.connect(port=80)[1], (0, (SECOND4, 40000)))

    def test_bind_and_datagrams_take_the_next_address_too(self):
        self.start(CONFIG + 'udp_ports = "30000-30009"\n' + rule(egress=f'{{ address = ["{SECOND4}", "{THIRD4}"] }}'))
        self.let_ports_be("40000 40000")
        self.addCleanup(self.let_ports_be, "32768 60999")
        sources = []
        for _ in range(2):
            since = self.target.count()
            association = self.enterContext(Association(self.lab))
            association.send(TARGET4, 7, b"hello")
            sources.append(self.target.wait_for("^datagram from [0-9.]+ 40000 b'hello'", since).split()[2])
            self.assertEqual(association.receive(), ((TARGET4, 7), b"hello"))
        self.assertEqual(sources, [SECOND4, THIRD4])
        listeners = [self.bind() for _ in range(2)]
        self.assertEqual([reply for _, reply in listeners], [(0, (SECOND4, 40000)), (0, (THIRD4, 40000))])
        self.assertEqual(self.bind()[1][0], 1)  # none is left

    def bind(self):
        control = Control(self.lab)
        self.addCleanup(control.close)
        control.greet()
        return control, control.ask(BIND, TARGET4, 21)

    def test_each_address_of_a_name_leaves_as_its_own_rule_says(self):
        here = f'[[rule]]\nname = "six"\ndestination = ["{TARGET6}"]\nverdict = "allow"\negress = {{ interface = "gone0" }}\n'
        gateway = self.start(CONFIG + here + rule(egress=f'{{ address = "{SECOND4}" }}'))
        control, reply = self.connect("target.test")
        self.assertEqual((reply[0], reply[1][0]), (0, SECOND4))
        control.close()
        self.assertEqual(gateway.records(1)[0]["rule"], "all")

    def test_rule_says_through_which_interface_a_connection_goes(self):
        gateway = self.start(CONFIG + rule(egress='{ interface = "g-t" }'))
        self.assertEqual(self.who(TARGET4), EGRESS4)
        self.assertIn(self.who(f"[{TARGET6}]"), (EGRESS6, SECOND6))
        gateway.reload(CONFIG + rule(egress='{ interface = "gone0" }'))
        control, reply = self.connect()
        self.assertEqual(reply[0], 3)
        control.close()
        record = gateway.records(3)[-1]
        self.assertEqual((record["ended_by"], record["why"].split()[-1]), ("gateway", "gone0"))

    def test_bind_listens_at_the_egress_address_and_nowhere_else(self):
        self.start(CONFIG + rule(egress=f'{{ address = "{THIRD4}", interface = "g-t" }}'))
        control = Control(self.lab)
        self.addCleanup(control.close)
        control.greet()
        code, bound = control.ask(BIND, TARGET4, 21)
        self.assertEqual((code, bound[0]), (0, THIRD4))
        with self.assertRaises(ConnectionRefusedError), self.peer((EGRESS4, bound[1])):
            pass
        with self.peer(bound) as peer:
            self.assertEqual(control.reply(), (0, endpoint(peer)))

    @contextlib.contextmanager
    def peer(self, bound):
        """Connects from the target's host to where a BIND listens."""
        with self.lab.within("target"):
            made = socket.create_connection(bound, timeout=WAIT_SECONDS)
        with made:
            yield made


if __name__ == "__main__":
    network.main()
