"""UDP ASSOCIATE byte by byte: whose datagrams are relayed in either direction, what survives what, and what ends with what."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, EndToEnd  # noqa: E402
from lab import (CLIENT4, EGRESS4, EGRESS6, GATEWAY4, GATEWAY6, OTHER_CLIENT4, OTHER_TARGET4, TARGET4, TARGET6)  # noqa: E402
from raw_client import Association, endpoint, pack, udp_socket  # noqa: E402

ECHO = 7


class AssociationTest(EndToEnd):
    def associate(self, *arguments, **kwargs):
        return self.enterContext(Association(self.lab, *arguments, **kwargs))

    def assert_echoed(self, association, host, payload, answered_by=None):
        association.send(host, ECHO, payload)
        self.assertEqual(association.receive(), ((answered_by or host, ECHO), payload))

    def port_of(self, since, payload):
        """The port that the gateway used towards the target, as the echo printed it."""
        return int(self.target.wait_for(f"^datagram from {EGRESS4} [0-9]+ {payload!r}", since).split()[3])

    def assert_relay_is_closed(self, association):
        """Linux answers a datagram to a closed port, and tells the connected socket so."""
        with self.assertRaises(ConnectionRefusedError):
            while True:
                association.send(TARGET4, ECHO, b"too late")
                association.socket.recv(100)


class Relaying(AssociationTest):
    def test_one_association_reaches_both_families_by_address_and_by_name(self):
        gateway = self.start()
        for proxy in (GATEWAY4, GATEWAY6):
            association = self.associate(proxy)
            self.assertEqual(association.relay[0], proxy)  # where the client reached the gateway
            self.assert_echoed(association, TARGET4, b"four")
            self.assert_echoed(association, TARGET6, b"six")
            self.assert_echoed(association, "four.target.test", b"the first to a name", answered_by=TARGET4)
            association.control.close()
        for record in gateway.records(2):
            self.assertEqual((record["command"], record["reply"], record["ended_by"]), ("udp_associate", 0, "client"))

    def test_every_size_that_a_datagram_can_have(self):
        self.start()
        association = self.associate()
        for size in (0, 1, 1200, 1472, 9000, 65_507 - 10):
            with self.subTest(size=size):
                self.assert_echoed(association, TARGET4, bytes(i % 251 for i in range(size)))

    def test_it_survives_what_it_drops(self):
        gateway = self.start()
        association = self.associate()
        whole = b"\x00\x00\x00" + pack(TARGET4, ECHO) + b"whole"
        for bad in (b"", b"\x00", whole[:9], b"\x00\x00\x00\x02" + whole[4:], b"\x00\x00\x00\x03\x00\x00\x07empty name", b"\x00\x00\x01" + whole[3:],
                    b"\x00\x00\x80" + whole[3:], b"\x00\x00\x00" + pack(TARGET4, 0) + b"port 0", b"\x00\x00\x00" + pack("255.255.255.255", 7) + b"all",
                    b"\x00\x00\x00" + pack("127.0.0.1", 7) + b"self", b"\x00\x00\x00" + pack("no-such-name.test", 7) + b"nobody",
                    b"\x00\x00\x00" + pack(TARGET4, 81) + b"closed port"):
            association.socket.send(bad)
        self.assert_echoed(association, TARGET4, b"still here")
        self.assertFalse([line for line in self.target.lines if "empty name" in line or "whole" in line])
        association.control.close()
        self.assertEqual(gateway.records(1)[0]["ended_by"], "client")

    def test_rules_decide_every_datagram(self):
        deny = f'[[rule]]\nname = "not_four"\ndestination = ["{TARGET4}"]\nverdict = "deny"\n'
        gateway = self.start(CONFIG + deny + ALLOW_ALL)
        association = self.associate()
        since = self.target.count()
        association.send(TARGET4, ECHO, b"denied")
        association.send("four.target.test", ECHO, b"denied by its address")
        self.assert_echoed(association, TARGET6, b"allowed")
        self.target.wait_for(f"^datagram from {EGRESS6} [0-9]+ b'allowed'", since)
        self.assertFalse([line for line in self.target.lines[since:] if "denied" in line])
        association.control.close()
        self.assertEqual(gateway.records(1)[0]["bytes_up"], len(b"allowed"))


class WhoseDatagrams(AssociationTest):
    def test_only_the_clients_host_and_then_only_its_first_port(self):
        self.start()
        association = self.associate()
        third = udp_socket(self.lab, "client", source=OTHER_CLIENT4)
        self.addCleanup(third.close)
        since = self.target.count()
        sent = b"\x00\x00\x00" + pack(TARGET4, ECHO)
        third.sendto(sent + b"from a third host", association.relay)
        self.assert_echoed(association, TARGET4, b"from the client")
        other = udp_socket(self.lab, "client", source=CLIENT4)
        self.addCleanup(other.close)
        third.sendto(sent + b"from a third host", association.relay)
        other.sendto(sent + b"from another port", association.relay)
        self.assert_echoed(association, TARGET4, b"from the client again")
        self.target.wait_for("from the client again", since)
        self.assertFalse([line for line in self.target.lines[since:] if "third host" in line or "another port" in line])

    def test_what_the_request_names_is_a_limit_only_where_it_is_the_client(self):
        self.start()
        # Many clients name their target there, some an address from before a NAT, one the name "0".
        for told in ((TARGET4, ECHO), ("192.168.7.7", 4000), ("0", 4000), ("::", 0), ("0.0.0.0", 0)):
            with self.subTest(told=told):
                self.assert_echoed(self.associate(told=told), TARGET4, b"whatever it named")
        ours = udp_socket(self.lab, "client", source=CLIENT4)
        self.addCleanup(ours.close)
        association = self.associate(told=endpoint(ours))
        since = self.target.count()
        association.send(TARGET4, ECHO, b"from a port that it did not name")
        ours.sendto(b"\x00\x00\x00" + pack(TARGET4, ECHO) + b"from the port that it named", association.relay)
        self.assertTrue(ours.recv(100).endswith(b"that it named"))
        self.assertFalse([line for line in self.target.lines[since:] if "did not name" in line])

    def test_answers_only_of_hosts_that_were_sent_to(self):
        gateway = self.start()
        self.assert_answers(gateway, [b"second"])
        gateway.reload(CONFIG + ALLOW_ALL + "udp_any_peer = true\n")
        self.assert_answers(gateway, [b"of a stranger", b"second"])

    def assert_answers(self, gateway, expected):
        """What reaches the client after a stranger's datagram and an answer were sent to its port, in that order."""
        association = self.associate()
        since = self.target.count()
        self.assert_echoed(association, TARGET4, b"first")
        port = self.port_of(since, b"first")
        stranger = udp_socket(self.lab, "target", source=OTHER_TARGET4)
        with stranger:
            stranger.sendto(b"of a stranger", (EGRESS4, port))
        association.send(TARGET4, ECHO, b"second")
        self.assertEqual([association.receive()[1] for _ in expected], expected)
        association.control.close()


class Endings(AssociationTest):
    def test_it_ends_with_its_control_connection(self):
        gateway = self.start()
        association = self.associate()
        since = self.target.count()
        self.assert_echoed(association, TARGET4, b"open")
        port = self.port_of(since, b"open")
        association.control.close()
        record = gateway.records(1)[0]
        self.assertEqual((record["ended_by"], record["state"], record["bytes_up"]), ("client", "association", 4))
        self.assert_relay_is_closed(association)
        with udp_socket(self.lab, "target") as towards:
            towards.connect((EGRESS4, port))
            with self.assertRaises(ConnectionRefusedError):
                while True:
                    towards.send(b"too late")
                    towards.recv(1)

    def test_idleness_ends_both(self):
        # Long enough for the first datagram to come in time on a host that is busy.
        gateway = self.start(CONFIG + '[timeouts]\nudp_idle = "5s"\n' + ALLOW_ALL)
        association = self.associate()
        self.assert_echoed(association, TARGET4, b"once")
        self.assertTrue(association.control.at_end())
        record = gateway.records(1)[0]
        self.assertEqual((record["ended_by"], record["state"]), ("timeout", "association"))
        self.assert_relay_is_closed(association)

    def test_ports_and_address_are_those_of_the_configuration(self):
        self.start(CONFIG + 'udp_ports = "20000-20003"\nadvertised = ["198.51.100.1"]\n' + ALLOW_ALL)
        ports = set()
        for _ in range(4):
            association = self.associate()
            self.assertEqual(association.relay[0], "198.51.100.1")
            ports.add(association.relay[1])
            self.assert_echoed(association, TARGET4, b"to the port")
        self.assertEqual(ports, {20000, 20001, 20002, 20003})


if __name__ == "__main__":
    network.main()
