#include "tools/sluiced/first_screen.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice {
namespace {

// Where a client on this host finds a listener: "any" is no address to connect to.
Endpoint Reached(const Endpoint& listening) {
  if (!listening.address.is_unspecified()) return listening;
  const char* loopback = listening.address.is_v4() ? "127.0.0.1" : "::1";
  return Endpoint{*Address::Parse(loopback), listening.port};
}

// curl takes GSSAPI by itself where it is chosen, and asks for a password that is not given.
std::string TrialLine(const Endpoint& listening, const AuthSettings& auth) {
  const bool asks = auth.Has(AuthMethod::kPassword) && !auth.Has(AuthMethod::kNone);
  return absl::StrCat("try it: curl --socks5-hostname ", Reached(listening).ToString(),
                      asks ? " --proxy-user NAME" : "", " http://example.com/");
}

}  // namespace

std::string Counted(size_t number, const char* what) {
  return absl::StrCat(number, " ", what, number == 1 ? "" : "s");
}

std::string ConfigurationLine(const std::string& path, size_t rules) {
  return absl::StrCat("configuration ", path.empty() ? "sluice.toml (built in)" : path, ": ",
                      Counted(rules, "rule"), rules == 0 ? ", so everything is denied" : "");
}

std::vector<std::string> ReadyLines(absl::Span<const Endpoint> listening, const AuthSettings& auth,
                                    int pid) {
  std::vector<std::string> lines;
  if (listening.empty()) {
    lines.push_back("ready, listening nowhere: socks.enabled is false");
  } else {
    const auto print = [](std::string* out, const Endpoint& at) {
      absl::StrAppend(out, at.ToString());
    };
    lines.push_back(absl::StrCat("ready, listening on ", absl::StrJoin(listening, ", ", print)));
    lines.push_back(TrialLine(listening.front(), auth));
  }
  lines.push_back(absl::StrCat("stop it: Ctrl-C, or kill ", pid,
                               "; after a change of the configuration: kill -HUP ", pid));
  return lines;
}

}  // namespace sluice
