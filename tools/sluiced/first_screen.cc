#include "tools/sluiced/first_screen.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/address.h"

namespace sluice {
namespace {

// Where a client on this host finds a listener: "any" is no address to connect to.
std::string Reached(const std::string& listening) {
  const std::optional<Endpoint> at = Endpoint::Parse(listening);  // none: it has a scope
  if (!at || !at->address.is_unspecified()) return listening;
  const char* loopback = at->address.is_v4() ? "127.0.0.1" : "::1";
  return Endpoint{*Address::Parse(loopback), at->port}.ToString();
}

// curl takes GSSAPI by itself where it is chosen, and asks for a password that is not given.
std::string TrialLine(const std::string& listening, const AuthSettings& auth) {
  const bool asks = auth.Has(AuthMethod::kPassword) && !auth.Has(AuthMethod::kNone);
  return absl::StrCat("try it: curl --socks5-hostname ", Reached(listening),
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

std::string DoorLine(const std::string& path) {
  return absl::StrCat("administer it: sluicectl, or curl --unix-socket ", path,
                      " http://localhost/api/v1/status");
}

std::string ConsoleLine(absl::Span<const std::string> urls) {
  return absl::StrCat("the console listens on ", absl::StrJoin(urls, ", "),
                      "; sluicectl console prints a link to sign in by");
}

std::vector<std::string> ReadyLines(absl::Span<const std::string> listening,
                                    const AuthSettings& auth, int pid) {
  std::vector<std::string> lines;
  if (listening.empty()) {
    lines.push_back("ready, listening nowhere: socks.enabled is false");
  } else {
    lines.push_back(absl::StrCat("ready, listening on ", absl::StrJoin(listening, ", ")));
    lines.push_back(TrialLine(listening.front(), auth));
  }
  lines.push_back(absl::StrCat("stop it: Ctrl-C, or kill ", pid,
                               "; after a change of the configuration: kill -HUP ", pid));
  return lines;
}

}  // namespace sluice
