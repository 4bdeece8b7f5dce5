#include "tools/sluicectl/verbs.h"

#include <initializer_list>

#include "tools/sluicectl/arguments.h"

namespace sluice {

namespace {

constexpr size_t kAny = 1000;

constexpr char kFilterHelp[] =
    "FILTER: key=value or key!=value, all of which must hold; age, port and bytes also with < and "
    ">.\n"
    "Keys: session client user destination target rule state command version port age bytes\n"
    "bytes_up bytes_down. client and target take an address, a network or a range; in text * "
    "stands\n"
    "for anything; user= is nobody.\n"
    "  client=10.1.0.0/16 destination=*.example.com user!=svc-* 'bytes>1GB' 'age>1h'";

// Of the gateway as it runs.
std::vector<Verb> GatewayVerbs() {
  return {
      {"status",
       "",
       0,
       0,
       "how the gateway is: configuration, sessions, bytes",
       "With -o wide, its counters as well.",
       {},
       RunStatus},
      {"metrics",
       "[NAME...]",
       0,
       kAny,
       "counters and gauges, as Prometheus reads them",
       "NAME: only metrics whose name begins so.",
       {},
       RunMetrics,
       true},
  };
}

std::vector<Verb> SessionVerbs() {
  return {
      {"sessions",
       "[FILTER...]",
       0,
       kAny,
       "open sessions",
       kFilterHelp,
       {{"limit", "N", "so many at most"}},
       RunSessions},
      {"end",
       "SESSION...|FILTER...",
       0,
       kAny,
       "end sessions, by name or by filter",
       kFilterHelp,
       {{"reason", "TEXT", "why, for the daemon's log"},
        {"all", "", "instead of a filter: all of them"},
        {"yes", "", "without being asked"}},
       RunEnd},
      {"why",
       "SESSION",
       1,
       1,
       "why an open session was allowed what it does",
       "Asks the rules in force about what the session asked for: see explain.",
       {},
       RunWhy},
  };
}

// Of rules and the text that they stand in.
std::vector<Verb> RuleVerbs() {
  return {
      {"explain",
       "CLIENT DESTINATION PORT",
       3,
       3,
       "what the rules say to a request, and why",
       "CLIENT: an address, with a port if rules look at it. DESTINATION: a name or an address.",
       {{"user", "NAME", "who asks; nobody if not given"},
        {"command", "COMMAND", "connect, bind or udp_associate; connect"},
        {"address", "ADDRESS", "what the name leads to; may be given several times"},
        {"at", "TIME", "as of then, like 2026-12-24T18:00:00Z"}},
       RunExplain},
      {"rules", "", 0, 0, "the rules in force, in their order", "", {}, RunRules},
      {"warnings", "", 0, 0, "what is odd about the rules in force", "", {}, RunWarnings},
      {"config", "", 0, 0, "the configuration in force, as text", "", {}, RunConfig, true},
      {"check",
       "FILE",
       1,
       1,
       "whether the daemon would take a configuration",
       "FILE: a whole sluice.toml, or - for standard input. Lists are read where the daemon runs.",
       {},
       RunCheck},
      {"reload",
       "",
       0,
       0,
       "read the configuration again, and wait for what becomes of it",
       "",
       {},
       RunReload},
  };
}

// Of the program and who uses it.
std::vector<Verb> ProgramVerbs() {
  return {
      {"me", "", 0, 0, "who the daemon takes you for, and what you may", "", {}, RunMe},
      {"version", "", 0, 0, "releases of this program and of the daemon", "", {}, RunVersion},
      {"completion",
       "bash",
       1,
       1,
       "a script that completes what you type",
       "  source <(sluicectl completion bash)",
       {},
       RunCompletion,
       true},
      {"help", "[VERB]", 0, 1, "this, or more of one verb", "", {}, RunHelp, true},
      {"__complete",
       "WORD...",
       0,
       kAny,
       "what could stand for the last word",
       "",
       {},
       RunComplete,
       true,
       true},
  };
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
      Joined({GatewayVerbs(), SessionVerbs(), RuleVerbs(), ProgramVerbs()});
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
