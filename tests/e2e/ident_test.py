"""SOCKS4 clients whose own host is asked who they are (RFC 1413), at the real port 113."""

import contextlib
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as network  # noqa: E402
from end_to_end import ALLOW_ALL, CONFIG, HELLO, EndToEnd  # noqa: E402
from lab import CLIENT4, GATEWAY4, TARGET4, WAIT_SECONDS  # noqa: E402
from raw_client import CONNECT, Control, endpoint  # noqa: E402


class Ident(EndToEnd):
    @contextlib.contextmanager
    def ident_server(self, answer):
        """Port 113 of the client's host: `answer` of each query. Gives the queries and who asked."""
        with self.lab.within("client"):
            listener = socket.create_server((CLIENT4, 113))
        asked = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, address = listener.accept()
                    with connection:
                        query = connection.makefile("rb").readline()
                        asked.append((query, address[0]))
                        connection.sendall(answer(query.strip()))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(WAIT_SECONDS)

    def socks4(self, user):
        control = Control(self.lab)
        self.addCleanup(control.close)
        return control, control.ask4(CONNECT, TARGET4, 7, user)[0]

    def test_client_whose_host_confirms_its_user_id_is_served(self):
        gateway = self.start(CONFIG + '[auth]\nident = "require"\n' + ALLOW_ALL)
        with self.ident_server(lambda query: query + b" : USERID : UNIX : alice\r\n") as asked:
            control, code = self.socks4("alice")
            self.assertEqual(code, 0x5a)
            control.socket.sendall(b"hello")
            self.assertEqual(control.read(5), b"hello")
            self.assertEqual(asked, [(f"{endpoint(control.socket)[1]} , 1080\r\n".encode(), GATEWAY4)])
            self.assertEqual(self.socks4("mallory")[1], 0x5d)
            control.close()
        self.assertEqual(sorted(record["auth"] for record in gateway.records(2)), ["ident", "none"])
        with self.ident_server(lambda query: query + b" : ERROR : NO-USER\r\n"):
            self.assertEqual(self.socks4("alice")[1], 0x5c)
        self.assertEqual(self.socks4("alice")[1], 0x5c)  # nobody listens there

    def test_curl_by_socks4_is_asked_for_and_served(self):
        self.start(CONFIG + '[auth]\nident = "require"\n' + ALLOW_ALL)
        with self.ident_server(lambda query: query + b":USERID:OTHER:me\r\n"):
            self.assertIn(HELLO, self.curl("--socks4", f"me@{GATEWAY4}", f"http://{TARGET4}/hello"))


if __name__ == "__main__":
    network.main()
