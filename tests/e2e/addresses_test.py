"""The gateway's addresses on a real network: those that come and go while it runs, those it waits for, those that two want, and link-local
ones, which belong to an interface."""

import contextlib
import ctypes
import os
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, EndToEnd  # noqa: E402
from lab import EGRESS4, EGRESS6, GATEWAY4, GATEWAY6, TARGET4, TARGET6, WAIT_SECONDS  # noqa: E402
from raw_client import BIND, CONNECT, UDP_ASSOCIATE, Control, endpoint, pack  # noqa: E402

LATER4, LATER6 = "10.77.2.50", "fd77:2::50"
WAITED4, WAITED6 = "10.77.1.60", "fd77:1::60"
# Of the client's link and of the target's.
CLIENT_LL, GATEWAY_LL, EGRESS_LL, TARGET_LL = "fe80::2", "fe80::1", "fe80::21", "fe80::22"
ANY_PEER = ALLOW_ALL + "bind_any_peer = true\n"


def listen(*places):
    return f'[socks]\nlisten = [{", ".join(places)}]\nport = 1080\nsocks4 = true\n'


def rule(**keys):
    return '[[rule]]\nname = "one"\nverdict = "allow"\n' + "".join(f"{key} = {value}\n" for key, value in keys.items())


def deny_netlink():
    """A seccomp filter of this process and its children: socket(AF_NETLINK, …) fails with EAFNOSUPPORT, as in a unit with
    RestrictAddressFamilies."""
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    steps = b"".join(struct.pack("HBBI", *step) for step in (
        (0x20, 0, 0, 0),            # the system call's number
        (0x15, 0, 3, number),
        (0x20, 0, 0, 16),           # its first argument
        (0x15, 0, 1, socket.AF_NETLINK),
        (0x06, 0, 0, 0x00050000 | 97),
        (0x06, 0, 0, 0x7FFF0000)))
    buffer = ctypes.create_string_buffer(steps)

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

    program = Program(len(steps) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    libc = ctypes.CDLL(None)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0


class Addresses(EndToEnd):
    def give(self, role, device, address):
        """`address` with its prefix length."""
        nodad = ["nodad"] if ":" in address else []
        self.lab.run(role, "ip", "addr", "add", address, "dev", device, *nodad)
        # Linux makes the route of an IPv6 address a moment later.
        deadline = time.monotonic() + WAIT_SECONDS
        asked = self.lab.inside(role, "ip", "route", "get", address.split("/")[0], "oif", device)
        while b"local" not in subprocess.run(asked, capture_output=True, check=False).stdout:
            self.assertLess(time.monotonic(), deadline, f"{address} does not come to {device}")
        self.addCleanup(lambda: subprocess.run(self.lab.inside(role, "ip", "addr", "del", address, "dev", device),
                                               stderr=subprocess.DEVNULL, check=False))

    def ask(self, command, host, port, gateway=GATEWAY4):
        control = Control(self.lab, gateway)
        self.addCleanup(control.close)
        control.greet()
        return control, control.ask(command, host, port)

    def code(self, host, port=1080, gateway=GATEWAY4):
        control, (code, _) = self.ask(CONNECT, host, port, gateway)
        control.close()
        return code


class Own(Addresses):
    def give_later(self):
        self.give("gateway", "g-t", f"{LATER4}/24")
        self.give("gateway", "g-t", f"{LATER6}/64")

    def test_address_that_comes_later_is_the_gateway(self):
        self.start()
        self.assertEqual((self.code(EGRESS4), self.code(EGRESS6)), (2, 2))
        self.give_later()
        self.assertEqual((self.code(LATER4), self.code(LATER6)), (2, 2))
        # Of its host only the gateway's own ports are guarded.
        self.assertEqual((self.code(LATER4, 1081), self.code(LATER6, 1081)), (5, 5))

    def test_address_of_a_local_route_is_the_gateway(self):
        self.start()
        self.lab.run("gateway", "ip", "route", "add", "local", "10.78.0.0/16", "dev", "lo")
        self.addCleanup(self.lab.run, "gateway", "ip", "route", "del", "local", "10.78.0.0/16", "dev", "lo")
        self.assertEqual(self.code("10.78.1.2"), 2)

    def test_address_that_has_gone_is_no_longer_the_gateway(self):
        self.start()
        self.give_later()
        self.assertEqual(self.code(LATER4), 2)
        self.lab.run("gateway", "ip", "addr", "del", f"{LATER4}/24", "dev", "g-t")
        self.give("target", "t-g", f"{LATER4}/24")
        # The host that has it now says that nobody listens there.
        self.assertEqual(self.code(LATER4), 5)

    def test_datagrams_reach_nothing_of_the_gateways_host_by_an_address_that_came_later(self):
        self.start()
        self.give_later()
        for host in (LATER4, LATER6):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with self.lab.within("gateway"):
                service = socket.socket(family, socket.SOCK_DGRAM)
            self.addCleanup(service.close)
            service.bind((host, 0))
            with self.lab.within("client"):
                client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.addCleanup(client.close)
            client.settimeout(WAIT_SECONDS)
            _, (code, relay) = self.ask(UDP_ASSOCIATE, "0.0.0.0", 0)
            self.assertEqual(code, 0)
            client.sendto(b"\0\0\0" + pack(host, service.getsockname()[1]) + b"not here", relay)
            # One socket's datagrams come in order: when this is back, the other has been dealt with.
            client.sendto(b"\0\0\0" + pack(TARGET4, 7) + b"behind it", relay)
            self.assertTrue(client.recv(100).endswith(b"behind it"))
            service.setblocking(False)
            with self.assertRaises(BlockingIOError):
                service.recv(100)

    def test_where_a_bind_listens_is_the_gateway(self):
        self.start(CONFIG + ANY_PEER)
        control, (code, (_, port)) = self.ask(BIND, "0.0.0.0", 0)
        self.assertEqual(code, 0)
        self.assertEqual((self.code(GATEWAY4, port), self.code(EGRESS4, port)), (2, 2))
        control.close()

    def test_where_administrators_come_in_is_the_gateway(self):
        self.start(CONFIG + ALLOW_ALL, "--admin_listen=127.0.0.1:1081")
        self.assertEqual((self.code(GATEWAY4, 1081), self.code(EGRESS4, 1081)), (2, 2))
        self.assertEqual(self.code(EGRESS4, 1082), 5)

    def test_where_addresses_cannot_be_known_it_does_not_start(self):
        config = self.lab.write("unknown.toml", CONFIG + ALLOW_ALL)
        with self.lab.within("gateway"):
            done = subprocess.run([os.environ["SLUICED"], f"--config={config}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, timeout=WAIT_SECONDS, preexec_fn=deny_netlink)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("own addresses", done.stdout)
        self.assertIn("allow AF_NETLINK", done.stdout)


class Places(Addresses):
    def second(self, config):
        """Another gateway beside the one that runs: how it ended, and what it said."""
        path = self.lab.write("second.toml", config)
        done = subprocess.run(self.lab.inside("gateway", os.environ["SLUICED"], f"--config={path}"), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=WAIT_SECONDS)
        return done.returncode, done.stdout

    def test_second_gateway_is_refused(self):
        one4, one6, everywhere = listen(f'"{GATEWAY4}"'), listen(f'"{GATEWAY6}"'), listen('"any"')
        for first, second in ((one4, one4), (one6, one6), (one4, everywhere), (one6, everywhere), (everywhere, one4), (everywhere, one6),
                              (everywhere, everywhere)):
            with self.subTest(first=first, second=second):
                gateway = network.Gateway(self.lab, first + ALLOW_ALL)
                try:
                    code, said = self.second(second + ALLOW_ALL)
                finally:
                    gateway.stop()
                self.assertEqual(code, 1, said)
                self.assertIn("Address already in use", said)
                self.assertIn("perhaps this one started before", said)

    def test_second_gateway_is_refused_by_a_reload_too(self):
        self.start(listen(f'"{GATEWAY4}"') + ALLOW_ALL)
        config = self.lab.write("beside.toml", listen(f'"{GATEWAY6}"') + ALLOW_ALL)
        beside = network.Program(self.lab.inside("gateway", os.environ["SLUICED"], f"--config={config}"))
        self.addCleanup(beside.stop)
        beside.wait_for("ready, listening on")
        self.lab.write("beside.toml", listen(f'"{GATEWAY6}"', f'"{GATEWAY4}"') + ALLOW_ALL)
        beside.signal(1)
        beside.wait_for("cannot listen on.*Address already in use")

    def test_one_address_becomes_all_and_back_by_reloads(self):
        gateway = self.start(listen(f'"{GATEWAY4}"') + ALLOW_ALL)
        for places in ('"any"', f'"{GATEWAY4}"', '"any"'):
            gateway.reload(listen(places) + ALLOW_ALL)
            self.assertEqual(self.code(TARGET4, 7), 0)

    def test_gateway_starts_again_beside_the_connections_of_the_last_one(self):
        gateway = network.Gateway(self.lab, CONFIG + ALLOW_ALL, "--drain_seconds=0")
        control, (code, _) = self.ask(CONNECT, TARGET4, 7)
        gateway.stop()
        self.assertEqual(code, 0)
        self.start()
        self.assertEqual(self.code(TARGET4, 7), 0)

    def test_listener_that_waits_is_served_when_its_address_comes(self):
        waits = [f'{{ address = "{address}", wait = true }}' for address in (WAITED4, WAITED6)]
        gateway = self.start(listen(f'"{GATEWAY4}"', waits[0]) + ALLOW_ALL)
        gateway.reload(listen(f'"{GATEWAY4}"', f'"{WAITED6}"') + ALLOW_ALL, expect="wait = true")
        gateway.reload(listen(f'"{GATEWAY4}"', *waits) + ALLOW_ALL)
        self.assertEqual(self.code(TARGET4, 7), 0)
        self.give("gateway", "g-c", f"{WAITED4}/24")
        self.give("gateway", "g-c", f"{WAITED6}/64")
        self.assertEqual(self.code(TARGET4, 7, gateway=WAITED4), 0)
        self.assertEqual(self.code(TARGET6, 80, gateway=WAITED6), 0)
        self.assertEqual(self.code(WAITED4), 2)

    def test_listener_does_not_wait_where_it_was_not_told_to(self):
        code, said = self.second(listen(f'"{WAITED4}"') + ALLOW_ALL)
        self.assertEqual(code, 1)
        self.assertIn("wait = true", said)


class LinkLocal(Addresses):
    def setUp(self):
        for role, device, address in (("client", "c-g", CLIENT_LL), ("gateway", "g-c", GATEWAY_LL), ("gateway", "g-t", EGRESS_LL),
                                      ("target", "t-g", TARGET_LL)):
            self.give(role, device, f"{address}/64")
        self.gateway = f"{GATEWAY_LL}%c-g"

    def test_client_is_served_by_connect(self):
        for places in ('"any"', f'"{GATEWAY_LL}%g-c"'):
            gateway = network.Gateway(self.lab, listen(places) + ALLOW_ALL)
            self.addCleanup(gateway.stop)
            with contextlib.closing(self.ask(CONNECT, TARGET4, 7, self.gateway)[0]) as control:
                control.socket.sendall(b"there and back")
                self.assertEqual(control.read(14), b"there and back")
            self.assertEqual(self.code(TARGET6, 80, self.gateway), 0)
            gateway.stop()
        self.assertIn(f"[{GATEWAY_LL}%g-c]:1080", gateway.ready)

    def test_client_is_served_by_bind(self):
        self.start(CONFIG + rule(destination='["any", "special-use"]', bind_any_peer="true"))
        # Any peer: where the client itself reaches the gateway.
        control, (code, bound) = self.ask(BIND, "::", 0, self.gateway)
        self.assertEqual((code, bound[0]), (0, GATEWAY_LL))
        with self.lab.within("client"):
            peer = socket.create_connection((self.gateway, bound[1]), timeout=WAIT_SECONDS)
        with peer:
            self.assertEqual(control.reply()[0], 0)
            peer.sendall(b"a peer")
            self.assertEqual(control.read(6), b"a peer")
        # One peer, at the other side.
        control, (code, bound) = self.ask(BIND, TARGET4, 21, self.gateway)
        self.assertEqual((code, bound[0]), (0, EGRESS4))
        with self.lab.within("target"):
            peer = socket.create_connection(bound, timeout=WAIT_SECONDS)
        with peer:
            self.assertEqual(control.reply(), (0, endpoint(peer)))

    def test_client_is_served_by_udp_associate(self):
        self.start()
        control, (code, bound) = self.ask(UDP_ASSOCIATE, "::", 0, self.gateway)
        self.assertEqual((code, bound[0]), (0, GATEWAY_LL))
        with self.lab.within("client"):
            client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            index = socket.if_nametoindex("c-g")
        with client:
            client.settimeout(WAIT_SECONDS)
            client.connect((GATEWAY_LL, bound[1], 0, index))
            for host in (TARGET4, TARGET6):
                client.send(b"\0\0\0" + pack(host, 7) + b"echo")
                self.assertEqual(client.recv(100), b"\0\0\0" + pack(host, 7) + b"echo")
        control.close()

    def test_client_is_served_by_socks4(self):
        self.start()
        control = Control(self.lab, self.gateway)
        self.addCleanup(control.close)
        self.assertEqual(control.ask4(CONNECT, TARGET4, 7)[0], 90)

    def test_rule_with_a_scope_is_for_clients_of_that_interface(self):
        gateway = self.start(CONFIG + rule(source=f'["{CLIENT_LL}%g-c"]'))
        self.assertEqual(self.code(TARGET4, 7, self.gateway), 0)
        self.assertEqual(self.code(TARGET4, 7), 2)
        for source, code in ((f"{CLIENT_LL}%g-t", 2), (CLIENT_LL, 0), ("fe80::%g-c/64", 0), ("fe80::%g-t/64", 2), ("fe80::/64", 0)):
            gateway.reload(CONFIG + rule(source=f'["{source}"]'))
            self.assertEqual(self.code(TARGET4, 7, self.gateway), code, source)

    def service(self, kind):
        """Of the target, at its link-local address, port 7."""
        with self.lab.within("target"):
            service = socket.socket(socket.AF_INET6, kind)
            self.addCleanup(service.close)
            service.bind((TARGET_LL, 7, 0, socket.if_nametoindex("t-g")))
        return service

    def test_target_is_reached_by_the_interface_of_its_rule(self):
        self.service(socket.SOCK_STREAM).listen()
        gateway = self.start(CONFIG + rule(destination=f'["{TARGET_LL}%g-t"]'))
        self.assertEqual(self.code(TARGET_LL, 7), 0)
        self.assertEqual(self.code("fe80::23", 7), 2)
        gateway.reload(CONFIG + rule(destination='["fe80::/10"]', egress=f'{{ address = "{EGRESS_LL}%g-t" }}'))
        control, (code, bound) = self.ask(CONNECT, TARGET_LL, 7)
        self.assertEqual((code, bound[0]), (0, EGRESS_LL))
        control, (code, bound) = self.ask(BIND, TARGET_LL, 21)
        self.assertEqual((code, bound[0]), (0, EGRESS_LL))
        with self.lab.within("target"):
            index = socket.if_nametoindex("t-g")
            peer = socket.socket(socket.AF_INET6)
        with peer:
            peer.settimeout(WAIT_SECONDS)
            peer.bind((TARGET_LL, 0, 0, index))
            peer.connect((EGRESS_LL, bound[1], 0, index))
            self.assertEqual(control.reply(), (0, (TARGET_LL, peer.getsockname()[1])))

    def test_datagrams_reach_a_target_by_the_interface_of_its_rule(self):
        service = self.service(socket.SOCK_DGRAM)
        service.settimeout(WAIT_SECONDS)
        self.start(CONFIG + rule(destination=f'["{TARGET_LL}%g-t"]'))
        _, (code, relay) = self.ask(UDP_ASSOCIATE, "0.0.0.0", 0)
        self.assertEqual(code, 0)
        with self.lab.within("client"):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with client:
            client.settimeout(WAIT_SECONDS)
            client.sendto(b"\0\0\0" + pack(TARGET_LL, 7) + b"echo", relay)
            service.sendto(*service.recvfrom(100))
            self.assertEqual(client.recv(100), b"\0\0\0" + pack(TARGET_LL, 7) + b"echo")


if __name__ == "__main__":
    network.main()
