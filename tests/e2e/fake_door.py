"""A door that answers as the administrator's door might on a bad day: what a test says, byte for byte. The real one is sluiced's."""

import json
import os
import socketserver
import threading


class FakeDoor(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """`answers`: "*" -> what is answered to anything else; "GET /api/v1/status" -> bytes of a whole HTTP answer, or what is made one of: text, something for JSON, or (status, that)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, path, answers):
        self.answers, self.asked = answers, []
        super().__init__(path, _Connection)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
        os.unlink(self.server_address)


def _whole(answer):
    if isinstance(answer, bytes):
        return answer
    status, said = answer if isinstance(answer, tuple) else (200, answer)
    kind = "text/plain" if isinstance(said, str) else "application/json"
    body = (said if isinstance(said, str) else json.dumps(said)).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class _Connection(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            method, target, _ = line.decode().split(" ")
            length = 0
            while (header := self.rfile.readline().strip()):
                name, _, value = header.decode().partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            body = self.rfile.read(length)
            question = f"{method} {target}"
            self.server.asked.append((question, body))
            answer = self.server.answers.get(question) or self.server.answers.get(question.split("?")[0]) or self.server.answers.get(
                "*", (404, {"detail": "nothing here"}))
            if callable(answer):
                answer = answer()
            if answer is None:  # never answers
                threading.Event().wait()
            try:
                self.wfile.write(_whole(answer))
            except OSError:
                return
            if isinstance(answer, bytes):
                return
