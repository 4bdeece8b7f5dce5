// Tests of what needs no browser: each named by a sentence that is true.
import assert from "node:assert/strict";
import { format, negated, parse } from "./filter";
import { bits, bytes, span } from "./format";
import { niceMost } from "./plot_scale";
import { placeAfterMove } from "./order";
import { EMPTY, entryOf, faultsOf, fieldsOf, textOf } from "./rule_fields";
import { changesOf, listenOf, secondsOf, settingsOf } from "./settings_fields";
import { withRates } from "./rates";

const shipped = { socks: { enabled: true, listen: ["127.0.0.1", "::1"], port: 1080, socks4: false, backlog: 256, end_refused: false }, timeouts: { connect: "10s", bind: "120s", udp_idle: "60s", idle: "1h" } };

export const tests: Record<string, () => void> = {
  "a filter is the same after it was read and written"() {
    for (const text of ["client=10.0.0.0/8 user!=svc-* age>1h bytes>1GB", 'user="a b" rule=x', 'user="a \\"b\\" \\\\ c"', "user= state=relay"]) assert.equal(format(parse(text)), text);
  },
  "a value with blanks, quotes or backslashes stands in quotes"() {
    for (const value of ["a b", 'a"b', "a\\b", ' user="x" ', "<img src=x onerror=alert(1)>"]) assert.deepEqual(parse(format([{ key: "user", operator: "=", value }])), [{ key: "user", operator: "=", value }]);
  },
  "a term that is turned round twice is the same"() {
    for (const operator of ["=", "!=", "<", ">"]) {
      const term = { key: "port", operator, value: "1" };
      assert.notEqual(negated(term).operator, operator);
      assert.deepEqual(negated(negated(term)), term);
    }
  },
  "what is no filter has no terms"() { assert.deepEqual(parse("hello there"), []); },
  "numbers have units that fit"() {
    assert.equal(bytes(0), "0 B");
    assert.equal(bytes(999), "999 B");
    assert.equal(bytes(999_900), "1 MB");
    assert.equal(bytes(4_200_000), "4.2 MB");
    assert.equal(bits(125), "1 kbit/s");
    assert.equal(span(40_000), "0:40");
    assert.equal(span(3 * 3600e3 + 62e3), "3:01:02");
    assert.equal(span(12 * 86400e3 + 3 * 3600e3), "12 d 3 h");
  },
  "an axis ends at a round number that is not below the values"() {
    for (const most of [0.003, 1, 9, 11, 49, 51, 1234, 99999]) assert.ok(niceMost(most) >= most && niceMost(most) <= 2.6 * most, String(most));
  },
  "a rule that was read and is written says the same"() {
    const rules = [
      { name: "a", source: ["10.0.0.0/8", "@office"], destination: ["*.example.com", "intranet"], destination_ports: ["443", "8000-8999"], commands: ["connect"], verdict: "allow" },
      { name: "b", source: ["10.0.0.1-10.0.0.9"], source_ports: ["1024-65535"], destination: ["192.0.2.1", "special-use"], users: ["alice"], groups: ["staff"], authenticated: true, verdict: "deny" },
      { name: "c", comment: 'a "quote"', enabled: false, expires: "2030-01-01T00:00:00Z", destination: ["@payments", "2001:db8::/32"], egress: { address: ["192.0.2.1", "192.0.2.2"], interface: "eth1" }, udp_any_peer: true, verdict: "allow" },
    ];
    for (const rule of rules) assert.deepEqual(entryOf(fieldsOf(rule)), rule);
  },
  "a rule by name is shown by URL, one by set by IP"() {
    assert.equal(fieldsOf({ name: "a", destination: ["*.example.com"] }).destinationBy, "url");
    assert.equal(fieldsOf({ name: "a", destination: ["@payments", "10.0.0.0/8"] }).destinationBy, "ip");
    assert.equal(fieldsOf({ name: "a", destination: ["2001:db8::1-2001:db8::9"] }).destination.to, "2001:db8::9");
  },
  "an empty form says what is missing"() {
    assert.deepEqual(Object.keys(faultsOf({ ...EMPTY, commands: [] })).sort(), ["commands", "name"]);
    assert.ok(faultsOf({ ...EMPTY, name: "x", source: { from: "here", to: "", more: [] } }).source);
    assert.ok(faultsOf({ ...EMPTY, name: "x", sourcePorts: { from: "9", to: "1", more: [] } }).sourcePorts);
    assert.deepEqual(faultsOf({ ...EMPTY, name: "x" }), {});
  },
  "a name cannot get out of its quotes in the text"() {
    assert.ok(textOf({ name: 'x"\n[[rule]]\nverdict = "allow', verdict: "deny" }).split("\n").filter((line) => line === "[[rule]]").length === 1);
  },
  "a move says before whom the rule then stands"() {
    const names = ["a", "b", "c"];
    assert.deepEqual(placeAfterMove(names, "b", "up"), { before: "a", place: 1 });
    assert.deepEqual(placeAfterMove(names, "a", "down"), { before: "c", place: 2 });
    assert.deepEqual(placeAfterMove(names, "a", "end"), { before: null, place: 3 });
    assert.equal(placeAfterMove(names, "a", "up"), undefined);
    assert.equal(placeAfterMove(names, "c", "down"), undefined);
    assert.equal(placeAfterMove(names, "x", "top"), undefined);
  },
  "durations are seconds in the form"() {
    assert.equal(secondsOf("90s"), "90");
    assert.equal(secondsOf("1h30m"), "5400");
    assert.equal(secondsOf(7), "7");
  },
  "only what was changed is sent"() {
    const before = settingsOf(shipped);
    assert.deepEqual(changesOf(before, before), {});
    assert.deepEqual(changesOf(before, { ...before, port: "1081", socks4: true }), { socks: { port: 1081, socks4: true } });
    assert.deepEqual(changesOf(before, { ...before, times: { ...before.times, idle: "60" } }), { timeouts: { idle: "60s" } });
  },
  "addresses of both families are one list"() {
    assert.deepEqual(listenOf("any", "any"), ["any"]);
    assert.deepEqual(listenOf("127.0.0.1", ""), ["127.0.0.1"]);
    assert.deepEqual(listenOf("any", "::1"), ["0.0.0.0", "::1"]);
  },
  "a session's rate is what moved since it was last seen"() {
    const row = { session: "1-1", state: "relay", since: "", age_ms: 1000, client: "", bytes_up: 0, bytes_down: 3000 };
    assert.equal(withRates([row], new Map([["1-1", { bytes: 1000, at: 0 }]]), 1000)[0].rate, 2000);
    assert.equal(withRates([row], new Map(), 1000)[0].rate, 3000);
  },
};
