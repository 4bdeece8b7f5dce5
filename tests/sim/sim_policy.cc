#include "tests/sim/sim_policy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/socks5.h"

namespace sluice {
namespace {

std::string List(const std::vector<SimEntry>& entries) {
  return absl::StrCat("[",
                      absl::StrJoin(entries, ", ",
                                    [](std::string* out, const SimEntry& entry) {
                                      absl::StrAppend(out, "\"", entry.text, "\"");
                                    }),
                      "]");
}

std::string Millis(absl::Duration duration) {
  return absl::StrCat("\"", absl::ToInt64Milliseconds(duration), "ms\"");
}

bool Covers(const SimEntry& entry, const Address& address) {
  return entry.kind == SimEntry::Kind::kAddresses && entry.low.is_v4() == address.is_v4() &&
         entry.low <= address && address <= entry.high;
}

bool MatchesName(const SimEntry& entry, std::string_view name) {
  if (name.empty()) return false;
  std::string plain(name);
  if (plain.back() == '.') plain.pop_back();
  absl::AsciiStrToLower(&plain);
  if (entry.kind == SimEntry::Kind::kName) return plain == entry.text;
  // "*.example.com" is everything below example.com.
  return entry.kind == SimEntry::Kind::kNameSuffix && absl::EndsWith(plain, entry.text.substr(1));
}

bool MatchesSource(const SimRule& rule, const Address& client) {
  return std::any_of(rule.source.begin(), rule.source.end(), [&](const SimEntry& entry) {
    return entry.kind == SimEntry::Kind::kAny || Covers(entry, client);
  });
}

}  // namespace

std::string SimPolicy::ToToml() const {
  std::string text = absl::StrCat(
      "[socks]\nlisten = [",
      absl::StrJoin(listen, ", ",
                    [](std::string* out, const Address& at) {
                      absl::StrAppend(out, "\"", at.ToString(), "\"");
                    }),
      "]\nport = ", port, "\nsocks4 = ", socks4 ? "true" : "false", "\nbacklog = ", backlog,
      "\n[timeouts]\nhandshake = ", Millis(handshake),
      "\nauthentication = ", Millis(authentication), "\nconnect = ", Millis(connect),
      "\nidle = ", Millis(idle), "\nhalf_closed = ", Millis(half_closed),
      "\nstalled = ", Millis(stalled), "\nunacknowledged = ", Millis(unacknowledged),
      "\nkeepalive = ", Millis(keepalive), "\nkeepalive_interval = ", Millis(keepalive_interval),
      "\nkeepalive_probes = ", keepalive_probes, "\n[auth]\nmethods = [",
      absl::StrJoin(methods, ", ",
                    [](std::string* out, uint8_t m) {
                      absl::StrAppend(out, m == kMethodNone ? "\"none\"" : "\"password\"");
                    }),
      "]\nslow_after = ", slow_after, "\nrefuse_after = ", refuse_after, "\n",
      methods == std::vector<uint8_t>{kMethodNone} ? "" : "pam_service = \"simulated\"\n",
      "[limits]\nnames = ", names, "\n");
  for (size_t i = 0; i < rules.size(); ++i) {
    absl::StrAppend(&text, "[[rule]]\nname = \"rule-", i, "\"\nsource = ", List(rules[i].source),
                    "\ndestination = ", List(rules[i].destination), "\ndestination_ports = [\"",
                    rules[i].port_low, "-", rules[i].port_high, "\"]\nverdict = \"",
                    rules[i].allow ? "allow" : "deny", "\"\n");
  }
  return text;
}

bool SimPolicy::NameIsDenied(const Address& client, std::string_view name, uint16_t to_port) const {
  for (const SimRule& rule : rules) {
    if (!MatchesSource(rule, client) || to_port < rule.port_low || to_port > rule.port_high)
      continue;
    const bool definite =
        std::any_of(rule.destination.begin(), rule.destination.end(), [&](const SimEntry& entry) {
          return entry.kind == SimEntry::Kind::kAny || MatchesName(entry, name);
        });
    const bool possible =
        definite ||
        std::any_of(rule.destination.begin(), rule.destination.end(), [](const SimEntry& entry) {
          return entry.kind == SimEntry::Kind::kAddresses ||
                 entry.kind == SimEntry::Kind::kSpecialUse;
        });
    if (rule.allow && possible) return false;
    if (!rule.allow && definite) return true;
  }
  return true;
}

bool SimPolicy::Allows(const Address& client, std::string_view name, const Address& address,
                       uint16_t to_port, const std::vector<Address>& more) const {
  const auto is_in = [&](const std::vector<Address>& own) {
    return std::find(own.begin(), own.end(), address) != own.end();
  };
  const bool is_gateway = to_port == port && (is_in(listen) || is_in(more));
  const bool special = is_gateway || ClassifySpecialUse(address) != SpecialUse::kNone;
  for (const SimRule& rule : rules) {
    if (!MatchesSource(rule, client) || to_port < rule.port_low || to_port > rule.port_high)
      continue;
    for (const SimEntry& entry : rule.destination) {
      bool matches = false;
      if (special) {
        matches = entry.kind == SimEntry::Kind::kSpecialUse ||
                  (entry.names_special_use && Covers(entry, address));
      } else {
        matches = entry.kind == SimEntry::Kind::kAny || Covers(entry, address) ||
                  MatchesName(entry, name);
      }
      if (matches) return rule.allow;
    }
  }
  return false;
}

}  // namespace sluice
