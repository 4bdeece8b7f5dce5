"""UDP ASSOCIATE as its users know it: a DNS client, PySocks, the npm package "socks", and libtorrent's UDP trackers."""

import os
import shutil
import socket
import subprocess
import sys
import unittest

import socks

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import HERE, EndToEnd  # noqa: E402
from lab import EGRESS4, GATEWAY4, GATEWAY6, TARGET4, WAIT_SECONDS  # noqa: E402


class WithoutTheGateway(EndToEnd):
    def test_no_datagram_gets_through(self):
        """The negative control, for each client that could go directly."""
        with self.lab.within("client"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as direct:
            with self.assertRaises(OSError):
                direct.sendto(b"direct", (TARGET4, 7))
        self.client("drill", "-4", "target.test", f"@{TARGET4}", code=1)
        self.assertIn("error: ", self.node("5", "associate", GATEWAY4, TARGET4, "7", code=1))
        self.assertNotIn("tracker_reply_alert", self.torrent(f"udp://{TARGET4}:6969/announce"))


class UdpClients(EndToEnd):
    def judge(self, gateway, sent, received):
        record = gateway.records(1)[0]
        self.assertEqual((record["command"], record["reply"], record["ended_by"]), ("udp_associate", 0, "client"))
        self.assertEqual((record["bytes_up"], record["bytes_down"]), (sent, received))

    @unittest.skipUnless(shutil.which("socksify"), "this release of Debian has no dante-client")
    def test_a_dns_client_through_socksify(self):
        gateway = self.start()
        answer = self.client(*self.socksified("socks_v5"), "drill", "-4", "four.target.test", f"@{TARGET4}")
        self.assertRegex(answer, rf"four\.target\.test\.\s+60\s+IN\s+A\s+{TARGET4}")
        self.assertEqual(gateway.records(1)[0]["command"], "udp_associate")

    def test_pysocks_sends_and_receives_what_it_gets(self):
        gateway = self.start()
        with self.lab.within("client"):
            client = socks.socksocket(socket.AF_INET, socket.SOCK_DGRAM)
            client.set_proxy(socks.SOCKS5, GATEWAY4, 1080)
            client.settimeout(WAIT_SECONDS)
            with client:
                client.sendto(b"by address", (TARGET4, 7))
                self.assertEqual(client.recvfrom(100), (b"by address", (TARGET4, 7)))
        self.target.wait_for(f"^datagram from {EGRESS4} [0-9]+ b'by address'")
        self.judge(gateway, 10, 10)

    def test_pysocks_asks_a_name_server(self):
        """The same question as above, where no client of Dante's is to be had: one query for four.target.test (RFC 1035 section 4)."""
        self.start()
        query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04four\x06target\x04test\x00\x00\x01\x00\x01"
        with self.lab.within("client"):
            client = socks.socksocket(socket.AF_INET, socket.SOCK_DGRAM)
            client.set_proxy(socks.SOCKS5, GATEWAY4, 1080)
            client.settimeout(WAIT_SECONDS)
            with client:
                client.sendto(query, (TARGET4, 53))
                answer, sender = client.recvfrom(512)
        self.assertEqual((answer[:2], answer[-4:], sender), (query[:2], socket.inet_aton(TARGET4), (TARGET4, 53)))

    def test_npm_socks(self):
        gateway = self.start()
        for number, proxy in enumerate((GATEWAY4, GATEWAY6)):
            with self.subTest(proxy=proxy):
                self.assertEqual(self.node("5", "associate", proxy, TARGET4, "7"), f"from {TARGET4} 7 sent by node\n")
                self.assertEqual(gateway.records(number + 1)[number]["command"], "udp_associate")

    def test_libtorrent_announces_to_a_udp_tracker(self):
        for tracker in (TARGET4,):
            with self.subTest(tracker=tracker):
                gateway = self.start()
                since = self.target.count()
                said = self.torrent(f"udp://{tracker}:6969/announce")
                self.assertIn("tracker_reply_alert", said)
                self.target.wait_for(f"^announced by {EGRESS4}", since)
                self.assertIn("udp_associate", {record["command"] for record in gateway.records(1)})
                gateway.stop()
                os.remove(gateway.log_path)


if __name__ == "__main__":
    network.main()
