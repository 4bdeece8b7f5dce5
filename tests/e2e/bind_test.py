"""BIND: the npm package "socks" as its users call it, and byte by byte what a client cannot show: wrong peers, nobody, leaving early."""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HERE, EndToEnd  # noqa: E402
from lab import EGRESS4, EGRESS6, GATEWAY4, GATEWAY6, OTHER_TARGET4, TARGET4, TARGET6, WAIT_SECONDS  # noqa: E402
from raw_client import BIND, Control  # noqa: E402

SUCCEEDED, NOT_ALLOWED, TTL_EXPIRED = 0, 2, 6
GRANTED4, REJECTED4 = 90, 91


class BindTest(EndToEnd):
    def peer(self, to, source=TARGET4):
        """A connection from the target's host."""
        with self.lab.within("target"):
            return socket.create_connection(to, timeout=WAIT_SECONDS, source_address=(source, 0))

    def bind(self, host=TARGET4, gateway=GATEWAY4, port=0):
        """A client that has had its first reply: its connection, and where the peer is to connect."""
        control = Control(self.lab, gateway)
        self.addCleanup(control.close)
        self.assertEqual(control.greet(), 0)
        code, bound = control.ask(BIND, host, port)
        self.assertEqual(code, SUCCEEDED)
        return control, bound

    def assert_nobody_listens(self, at):
        with self.assertRaises(ConnectionRefusedError):
            self.peer(at)

    def assert_turned_away(self, to, source):
        """Whoever connects from there is let go without a word, as early as while it connects."""
        try:
            with self.peer(to, source) as peer:
                self.assertEqual(peer.recv(1), b"")
        except ConnectionResetError:
            pass

    def assert_conversation(self, control, peer):
        peer.sendall(b"welcome")
        self.assertEqual(control.read(7), b"welcome")
        control.socket.sendall(b"thanks")
        control.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(b"".join(iter(lambda: peer.recv(100), b"")), b"thanks")
        peer.close()
        self.assertTrue(control.at_end())


class NpmSocks(BindTest):
    def test_a_peer_connects_and_both_talk(self):
        for version in ("5", "4"):
            with self.subTest(version=version):
                gateway = self.start()
                node = ("env", "NODE_PATH=/usr/share/nodejs", "node", os.path.join(HERE, "node_client.js"))
                client = network.Program(self.lab.inside("client", *node, version, "bind", GATEWAY4, TARGET4, "21"))
                self.addCleanup(client.stop)
                host, port = client.wait_for("^bound ").split()[1:]
                self.assertEqual(host, EGRESS4)
                with self.peer((host, int(port))) as peer:
                    client.wait_for(f"^accepted {TARGET4} {peer.getsockname()[1]}$")
                    self.assertEqual(peer.recv(100), b"welcome\n")
                    peer.sendall(b"thanks")
                client.wait_for('^heard "thanks"$')
                record = gateway.records(1)[0]
                self.assertEqual((record["version"], record["command"], record["reply"]), (version, "bind", 0))
                self.assertEqual((record["bytes_up"], record["bytes_down"], record["ended_by"]), (8, 6, "target"))
                gateway.stop()
                os.remove(gateway.log_path)


class Peers(BindTest):
    def test_a_wrong_peer_is_refused_and_the_wait_goes_on(self):
        gateway = self.start()
        control, bound = self.bind()
        self.assertEqual(bound[0], EGRESS4)
        for _ in range(3):
            self.assert_turned_away(bound, OTHER_TARGET4)
        with self.peer(bound) as peer:
            self.assertEqual(control.reply(), (SUCCEEDED, peer.getsockname()))
            self.assert_nobody_listens(bound)
            self.assert_conversation(control, peer)
        record = gateway.records(1)[0]
        self.assertEqual((record["target"], record["egress"]), (f"{TARGET4}:{record['target'].split(':')[1]}", f"{EGRESS4}:{bound[1]}"))
        self.assertEqual((record["bytes_up"], record["bytes_down"], record["ended_by"]), (6, 7, "client"))

    def test_socks4_ends_at_the_first_wrong_peer(self):
        gateway = self.start()
        with Control(self.lab) as control:
            code, bound = control.ask4(BIND, TARGET4, 21)
            self.assertEqual((code, bound[0]), (GRANTED4, EGRESS4))
            self.assert_turned_away(bound, OTHER_TARGET4)
            self.assertEqual(control.reply4()[0], REJECTED4)
            self.assertTrue(control.at_end())
        self.assertEqual(gateway.records(1)[0]["reply"], NOT_ALLOWED)
        self.assert_nobody_listens(bound)

    def test_any_peer_only_where_the_rule_grants_it(self):
        gateway = self.start()
        with Control(self.lab) as control:
            control.greet()
            self.assertEqual(control.ask(BIND, "0.0.0.0", 0)[0], NOT_ALLOWED)
            self.assertTrue(control.at_end())
        self.assertEqual(gateway.records(1)[0]["ended_by"], "policy")
        egress = f'egress = {{ address = ["{EGRESS4}"] }}\n'
        gateway.reload(CONFIG + ALLOW_ALL + "bind_any_peer = true\n" + egress)
        control, bound = self.bind("0.0.0.0")
        with self.peer(bound, OTHER_TARGET4) as peer:
            self.assertEqual(control.reply(), (SUCCEEDED, peer.getsockname()))
            self.assert_conversation(control, peer)

    def test_names_and_ipv6(self):
        self.start()
        control, bound = self.bind("four.target.test")
        with self.peer(bound) as peer:
            self.assertEqual(control.reply(), (SUCCEEDED, peer.getsockname()))
            self.assert_conversation(control, peer)
        control, bound = self.bind(TARGET6, GATEWAY6)
        self.assertEqual(bound[0], EGRESS6)
        with self.peer(bound, TARGET6) as peer:
            self.assertEqual(control.reply(), (SUCCEEDED, peer.getsockname()[:2]))
            self.assert_conversation(control, peer)

    def test_what_the_client_says_early_is_held_for_the_peer(self):
        self.start()
        control, bound = self.bind()
        control.socket.sendall(b"early ")
        with self.peer(bound) as peer:
            self.assertEqual(control.reply()[0], SUCCEEDED)
            control.socket.sendall(b"late")
            control.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(b"".join(iter(lambda: peer.recv(100), b"")), b"early late")


class Endings(BindTest):
    def test_nobody_connects_in_time(self):
        gateway = self.start(CONFIG + '[timeouts]\nbind = "1s"\n' + ALLOW_ALL)
        control, bound = self.bind()
        self.assertEqual(control.reply()[0], TTL_EXPIRED)
        self.assertTrue(control.at_end())
        control.close()
        record = gateway.records(1)[0]
        self.assertEqual((record["ended_by"], record["state"]), ("timeout", "peer"))
        self.assert_nobody_listens(bound)

    def test_the_client_leaves_and_its_port_is_closed(self):
        gateway = self.start()
        control, bound = self.bind()
        control.close()
        record = gateway.records(1)[0]
        self.assertEqual((record["ended_by"], record["state"]), ("client", "peer"))
        self.assert_nobody_listens(bound)

    def test_ports_and_address_are_those_of_the_configuration(self):
        self.start(CONFIG + 'bind_ports = "20000-20003"\nadvertised = ["198.51.100.1"]\n' + ALLOW_ALL)
        ports = set()
        for _ in range(4):
            _, bound = self.bind()
            self.assertEqual(bound[0], "198.51.100.1")
            ports.add(bound[1])
        self.assertEqual(ports, {20000, 20001, 20002, 20003})
        with Control(self.lab) as control:
            control.greet()
            self.assertNotEqual(control.ask(BIND, TARGET4, 0)[0], SUCCEEDED)
            self.assertTrue(control.at_end())


if __name__ == "__main__":
    network.main()
