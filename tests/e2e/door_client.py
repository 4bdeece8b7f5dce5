"""A client of the administrator's API that compares each request it makes, and each answer that it gets, with the API's own document."""

import gzip
import http.client
import json
import re
import socket
import urllib.parse

import jsonschema

from loopback import WAIT_SECONDS


class ApiDocument:
    """tools/admin/openapi.json, whose schemas are JSON Schema 2020-12."""

    def __init__(self, document):
        self.document = document
        self.operations = {}  # ("GET", "/api/v1/sessions/{name}") -> operation
        for path, verbs in document["paths"].items():
            for verb, operation in verbs.items():
                if verb != "parameters":
                    self.operations[(verb.upper(), path)] = operation

    def operation_of(self, verb, path):
        """The name of the operation, by path; what is literal counts before what is a name."""
        fits = [name for name in self.operations if name[0] == verb and re.fullmatch(
            re.sub(r"\\\{[^}]*\\\}", "[^/:]+", re.escape(name[1])), path)]
        assert fits, f"{verb} {path} is no operation of the API's document"
        return min(fits, key=lambda name: name[1].count("{"))

    def validate(self, value, schema):
        whole = {**schema, "$schema": "https://json-schema.org/draft/2020-12/schema", "components": self.document["components"]}
        jsonschema.Draft202012Validator(whole).validate(value)

    def check_request(self, name, query, kind, body):
        operation = self.operations[name]
        shared = self.document["components"]["parameters"]
        parameters = [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in operation.get("parameters", ())]
        known = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        for key in query:
            assert key in known, f"{name}: the query key {key} is not in the API's document"
        if "requestBody" in operation and body is not None:
            content = operation["requestBody"]["content"]
            assert kind in content, f"{name}: the document takes {list(content)}, found {kind}"
            if kind == "application/json":
                self.validate(json.loads(body), content[kind]["schema"])

    def check_answer(self, name, status, kind, body):
        responses = self.operations[name]["responses"]
        response = responses.get(str(status), responses.get("default") if status >= 400 else None)
        assert response is not None, f"{name}: the status {status} is not in the API's document: {body[:300]}"
        if "$ref" in response:
            response = self.document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
        if "content" not in response:
            assert not body, f"{name}: {status} has a body that the API's document does not have"
            return
        assert kind in response["content"], f"{name}: {status} is {kind}, and the document has {list(response['content'])}"
        if re.search(r"[/+]json$", kind):
            self.validate(json.loads(body), response["content"][kind]["schema"])


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=WAIT_SECONDS)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT_SECONDS)
        self.sock.connect(self._path)


class DoorClient:
    """Asks the door at a unix socket, each time over a connection of its own. `done` has the operations that were answered with success."""

    def __init__(self, path):
        self.path = path
        self.at = None  # (host, port): by TCP from now on
        self.done = set()
        self.api = None
        self.api = ApiDocument(json.loads(self.raw("GET", "/api/v1/openapi.json")[2]))

    def connection(self):
        """One that is made now, for whoever uses it by hand."""
        connection = http.client.HTTPConnection(*self.at, timeout=WAIT_SECONDS) if self.at else _UnixConnection(self.path)
        connection.connect()
        return connection

    def raw(self, verb, target, body=None, headers=None):
        connection = self.connection()
        try:
            connection.request(verb, target, body, headers or {})
            response = connection.getresponse()
            fields, said = {name.lower(): value for name, value in response.getheaders()}, response.read()
            return response.status, fields, gzip.decompress(said) if fields.get("content-encoding") == "gzip" else said
        finally:
            connection.close()

    def hear(self, path, query, until, headers=None):
        """What a stream of events says, up to the first line that `until` is in."""
        name = self.api.operation_of("GET", path)
        self.api.check_request(name, query, None, None)
        connection = http.client.HTTPConnection(*self.at, timeout=WAIT_SECONDS) if self.at else _UnixConnection(self.path)
        try:
            connection.request("GET", path + "?" + urllib.parse.urlencode(query), headers=headers or {})
            response = connection.getresponse()
            self.api.check_answer(name, response.status, response.getheader("content-type"), b"")
            heard = []
            while not heard or until not in heard[-1]:
                line = response.readline().decode()
                assert line, f"the stream has ended after {heard}"
                heard.append(line.rstrip("\n"))
            self.done.add(name)
            return heard
        finally:
            connection.close()

    def ask(self, verb, path, query=None, expect=200, headers=None, **body):
        """`json=` or `text=` is the body. Gives what the answer says: an object where it is JSON, else text; its headers are in `headers_of`."""
        kind, sent = None, None
        if "json" in body:
            kind, sent = "application/json", json.dumps(body["json"]).encode()
        elif "text" in body:
            kind, sent = "text/plain", body["text"].encode()
        name = self.api.operation_of(verb, path)
        if expect < 400:
            self.api.check_request(name, query or {}, kind, sent)
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        status, self.headers_of, said = self.raw(verb, target, sent, {**({"Content-Type": kind} if kind else {}), **(headers or {})})
        assert status == expect, f"{verb} {target}: expected {expect}, found {status}: {said[:500]}"
        found = self.headers_of.get("content-type", "").split(";")[0]
        self.api.check_answer(name, status, found, said)
        if status < 400:
            self.done.add(name)
        return json.loads(said) if re.search(r"[/+]json$", found) and said else said.decode(errors="replace")
