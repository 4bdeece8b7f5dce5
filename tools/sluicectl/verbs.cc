#include "tools/sluicectl/verbs.h"

#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/arguments.h"

namespace sluice {

namespace {

constexpr size_t kAny = 1000;

constexpr char kFilterHelp[] =
    "FILTER: key=value or key!=value, all of which must hold; age, port and bytes also < and >.\n"
    "Keys: session client user destination target rule state command version port age bytes\n"
    "bytes_up bytes_down. client and target take an address, a network or a range; in text * is\n"
    "anything; user= is nobody. A shell wants < > * and ! quoted:\n"
    "  client=10.1.0.0/16 'destination=*.example.com' 'user!=svc-*' 'bytes>1GB' 'age>1h'";

constexpr char kEndedHelp[] =
    "Those that have ended also have ended_by, verdict (allow, deny) and reply (0 to 8).";

constexpr char kTopHelp[] =
    "Keys: q quits, s sorts by rate, bytes, age or user, p pauses, / filters, k ends the chosen\n"
    "one, arrows choose. Not on a terminal, or with -o: one look.\n\n";

constexpr char kRuleHelp[] =
    "ACTION: show, add, set, remove, move, on or off.\n"
    "KEY=VALUE: as in sluice.toml; lists by commas, and nothing for the default:\n"
    "  sluicectl rule add guests source=192.168.0.0/16 destination_ports=80,443 verdict=allow\n"
    "  sluicectl rule set guests comment='until June' expires=2030-06-01 users=\n"
    "  sluicectl rule move guests --before=office\n"
    "Comments and the order of the file stay.";

// Of the gateway as it runs.
std::vector<Verb> GatewayVerbs() {
  return {{.name = "status",
           .help = "how the gateway is: configuration, sessions, bytes",
           .details = "With -o wide, its counters as well.",
           .run = RunStatus},
          {.name = "top",
           .words = "[FILTER...]",
           .most = kAny,
           .help = "live sessions, the fastest first, each second",
           .details = absl::StrCat(kTopHelp, kFilterHelp),
           .options = {{"interval", "SECONDS", "from one look to the next; 1"}},
           .run = RunTop},
          {.name = "metrics",
           .words = "[NAME...]",
           .most = kAny,
           .help = "counters and gauges, as Prometheus reads them",
           .details = "NAME: only metrics whose name begins so.",
           .run = RunMetrics,
           .text = true}};
}

std::vector<Verb> SessionVerbs() {
  return {{.name = "sessions",
           .words = "[FILTER...]",
           .most = kAny,
           .help = "open sessions",
           .details = kFilterHelp,
           .options = {{"limit", "N", "so many at most"}},
           .run = RunSessions},
          {.name = "tail",
           .words = "[FILTER...]",
           .most = kAny,
           .help = "sessions as they end, like the access log, until Ctrl-C",
           .details = absl::StrCat("-o json: the lines of the access log.\n\n", kFilterHelp),
           .options = {{"count", "N", "so many, and then it ends"}},
           .run = RunTail},
          {.name = "end",
           .words = "SESSION...|FILTER...",
           .most = kAny,
           .help = "end sessions, by name or by filter",
           .details = kFilterHelp,
           .options = {{"reason", "TEXT", "why, for the daemon's log"},
                       {"all", "", "instead of a filter: all of them"},
                       {"yes", "", "without being asked"}},
           .run = RunEnd},
          {.name = "why",
           .words = "SESSION",
           .least = 1,
           .most = 1,
           .help = "why an open session was allowed what it does",
           .details = "Asks the rules in force about what the session asked for: see explain.",
           .run = RunWhy},
          {.name = "trace",
           .words = "SESSION|[FILTER...]",
           .most = kAny,
           .help = "what sessions do, step by step: names, rules, dials, replies",
           .details = absl::StrCat("SESSION: an open one, from now on, or what is known of it.\n"
                                   "FILTER: the next ones that match are waited for.\n\n",
                                   kFilterHelp),
           .options = {{"sessions", "N", "so many that match; 1, at most 32"}},
           .run = RunTrace}};
}

// Of rules and the text that they stand in.
std::vector<Verb> RuleVerbs() {
  return {
      {.name = "explain",
       .words = "CLIENT DESTINATION PORT",
       .least = 3,
       .most = 3,
       .help = "what the rules say to a request, and why",
       .details = "CLIENT: an address, with a port if rules look at it.\n"
                  "DESTINATION: a name or an address.",
       .options = {{"user", "NAME", "who asks; nobody if not given"},
                   {"command", "COMMAND", "connect, bind or udp_associate; connect"},
                   {"address", "ADDRESS", "what the name leads to; may be given several times"},
                   {"at", "TIME", "as of then, like 2026-12-24T18:00:00Z"}},
       .run = RunExplain},
      {.name = "rules", .help = "the rules in force, in their order", .run = RunRules},
      {.name = "warnings", .help = "what is odd about the rules in force", .run = RunWarnings},
      {.name = "config",
       .help = "the configuration in force, as text",
       .run = RunConfig,
       .text = true},
      {.name = "check",
       .words = "FILE",
       .least = 1,
       .most = 1,
       .help = "whether the daemon would take a configuration",
       .details = "FILE: a whole sluice.toml, or - for standard input. Lists are read where the\n"
                  "daemon runs.",
       .run = RunCheck},
      {.name = "reload",
       .help = "read the configuration again, and wait for what becomes of it",
       .run = RunReload}};
}

// Of what was: what the gateway remembers.
std::vector<Verb> MemoryVerbs() {
  const std::vector<VerbOption> times = {{"last", "TIME", "so far back: 30m, 24h"},
                                         {"from", "TIME", "like 2026-12-24T18:00:00Z"},
                                         {"to", "TIME", "the same"}};
  std::vector<VerbOption> log = {{"limit", "N", "so many at most; 100"}};
  log.insert(log.end(), times.begin(), times.end());
  std::vector<VerbOption> report = {
      {"by", "WHAT", "of top: user, client, destination or rule; user"},
      {"days", "N", "of unused-rules: not used for so long; 90"},
      {"limit", "N", "rows; 20"}};
  report.insert(report.end(), times.begin(), times.end());
  return {{.name = "log",
           .words = "[FILTER...]",
           .most = kAny,
           .help = "sessions that have ended, the newest first",
           .details = absl::StrCat(kFilterHelp, "\n", kEndedHelp),
           .options = log,
           .run = RunLog},
          {.name = "report",
           .words = "WHAT [FILTER...]",
           .least = 1,
           .most = kAny,
           .help = "who did the most, what was denied, what failed, when, and unused rules",
           .details = absl::StrCat("WHAT: top, denied, failures, traffic or unused-rules; of the\n"
                                   "last 24 hours if not said otherwise.\n\n",
                                   kFilterHelp, "\n", kEndedHelp),
           .options = report,
           .run = RunReport},
          {.name = "audit",
           .words = "[verify]",
           .most = 1,
           .help = "what administrators did, the newest first",
           .details = "verify: whether the audit is what was written.",
           .options = {{"limit", "N", "so many at most; 100"}},
           .run = RunAudit},
          {.name = "bundle",
           .words = "FILE",
           .least = 1,
           .most = 1,
           .help = "all that helps who helps you, as a .tar.gz without passwords",
           .details = "FILE: made anew; - is standard output.",
           .run = RunBundle,
           .text = true},
          {.name = "drain",
           .help = "no new sessions from now on; the process ends with the last one",
           .details = "As SIGTERM does: what is left after --drain_seconds of sluiced is ended.",
           .run = RunDrain}};
}

// Of what becomes of the configuration.
std::vector<Verb> ChangeVerbs() {
  return {{.name = "rule",
           .words = "ACTION NAME [KEY=VALUE...]",
           .least = 2,
           .most = kAny,
           .help = "show one rule as it is written, or change it",
           .details = kRuleHelp,
           .options = {{"before", "RULE", "add, move: above this one; the last if not given"},
                       {"draft", "ID", "only in this draft; without it what is changed is applied"},
                       {"message", "TEXT", "why, for the revision"},
                       {"confirm", "TIME", "taken back after so long unless confirmed, like 2m"}},
           .run = RunRule},
          {.name = "diff",
           .words = "FILE",
           .least = 1,
           .most = 1,
           .help = "what a configuration says differently from the one in force",
           .details = "FILE: a whole sluice.toml, or - for standard input.",
           .options = {{"text", "", "line by line, as patch takes it"}},
           .run = RunDiff}};
}

// How another policy comes into force, and who is kept out.
std::vector<Verb> ForceVerbs() {
  return {
      {.name = "apply",
       .words = "FILE|DRAFT",
       .least = 1,
       .most = 1,
       .help = "bring a configuration into force",
       .details = "FILE: a whole sluice.toml, or - for standard input. DRAFT: d1.",
       .options = {{"confirm", "TIME", "taken back after so long unless confirmed, like 2m"},
                   {"message", "TEXT", "why, for the revision"},
                   {"end-refused", "", "end the sessions that it refuses"},
                   {"override-tests", "TEXT", "although tests fail: why"}},
       .run = RunApply},
      {.name = "confirm", .help = "keep what was applied with a timer", .run = RunConfirm},
      {.name = "rollback", .help = "take back what was applied with a timer", .run = RunRollback},
      {.name = "extend",
       .words = "TIME",
       .least = 1,
       .most = 1,
       .help = "more time for what was applied with a timer, like 2m",
       .run = RunExtend},
      {.name = "draft",
       .words = "ACTION [ID] [FILE]",
       .least = 1,
       .most = 3,
       .help = "drafts: list, new [NAME], show ID, put ID FILE, delete ID",
       .options = {{"from", "WHAT", "new: in-force or disk; in-force"}},
       .run = RunDraft},
      {.name = "impact",
       .words = "FILE|DRAFT",
       .least = 1,
       .most = 1,
       .help = "which sessions and requests a configuration would refuse or allow",
       .run = RunImpact},
      {.name = "test",
       .words = "[FILE|DRAFT]",
       .most = 1,
       .help = "run the tests of a configuration; of the one in force if not given",
       .run = RunTest},
      {.name = "revisions",
       .help = "configurations that were in force, the newest first",
       .options = {{"limit", "N", "so many at most; 100"}},
       .run = RunRevisions},
      {.name = "restore",
       .words = "REVISION",
       .least = 1,
       .most = 1,
       .help = "a draft of a revision, to be applied",
       .run = RunRestore},
      {.name = "lock",
       .words = "ACTION [KEY=VALUE...]",
       .least = 1,
       .most = 4,
       .help = "keep somebody out at once: list, add user=NAME, remove ID",
       .details = "add: user=, client= or destination=; of several, all must hold.",
       .options = {{"expires", "TIME", "like 2026-12-24T18:00:00Z; never if not given"},
                   {"reason", "TEXT", "why"}},
       .run = RunLock}};
}

// Of the program and who uses it.
std::vector<Verb> ProgramVerbs() {
  return {
      {.name = "admin",
       .words = "[list | add NAME | set NAME | delete NAME]",
       .most = 2,
       .help = "administrators who sign in with a password: list, add, change, delete",
       .details = "A password is read from standard input, on one line; a terminal asks for it.",
       .options = {{"role", "ROLE", "auditor, viewer, operator or administrator; viewer"},
                   {"password", "", "with set: another password too"}},
       .run = RunAdmin},
      {.name = "token",
       .words = "[list | add NAME | delete ID]",
       .most = 2,
       .help = "tokens by which programs ask: list, add, delete",
       .details = "add prints the token, which is never shown again:\n"
                  "  curl -H \"Authorization: Bearer $(sluicectl token add backup)\" ...",
       .options = {{"role", "ROLE", "auditor, viewer, operator or administrator; viewer"},
                   {"days", "N", "until it ends, 366 at most; 90"}},
       .run = RunToken},
      {.name = "console",
       .help = "a link that opens the web console, for one use within 5 minutes",
       .details = "  The browser that opens it signs in as who you are here. From afar, take the "
                  "port along:\n"
                  "  ssh -L 1081:127.0.0.1:1081 gateway sluicectl console",
       .run = RunConsole},
      {.name = "me", .help = "who the daemon takes you for, and what you may", .run = RunMe},
      {.name = "version", .help = "releases of this program and of the daemon", .run = RunVersion},
      {.name = "completion",
       .words = "bash",
       .least = 1,
       .most = 1,
       .help = "a script that completes what you type",
       .details = "  source <(sluicectl completion bash)",
       .run = RunCompletion,
       .text = true},
      {.name = "help",
       .words = "[VERB]",
       .most = 1,
       .help = "this, or more of one verb",
       .run = RunHelp,
       .text = true},
      {.name = "__complete",
       .words = "WORD...",
       .most = kAny,
       .help = "what could stand for the last word",
       .run = RunComplete,
       .text = true,
       .hidden = true}};
}

std::vector<Verb> Joined(std::initializer_list<std::vector<Verb>> groups) {
  std::vector<Verb> verbs;
  for (const std::vector<Verb>& group : groups)
    verbs.insert(verbs.end(), group.begin(), group.end());
  return verbs;
}

}  // namespace

absl::Span<const Verb> AllVerbs() {
  static const std::vector<Verb> verbs =
      Joined({GatewayVerbs(), SessionVerbs(), RuleVerbs(), ChangeVerbs(), ForceVerbs(),
              MemoryVerbs(), ProgramVerbs()});
  return verbs;
}

absl::Status RunHelp(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  if (words.empty()) {
    errand.desk.out << HelpText(AllVerbs());
    return absl::OkStatus();
  }
  const Verb* verb = FindVerb(AllVerbs(), words[0]);
  if (verb == nullptr) return NoSuchVerb(AllVerbs(), words[0]);
  errand.desk.out << HelpText(*verb);
  return absl::OkStatus();
}

}  // namespace sluice
