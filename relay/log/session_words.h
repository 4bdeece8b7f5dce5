#ifndef SLUICE_RELAY_LOG_SESSION_WORDS_H_
#define SLUICE_RELAY_LOG_SESSION_WORDS_H_

// What the access log, the administrator's door and filters call what a session has. Values only.

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "proto/handshake.h"
#include "relay/log/access_record.h"

namespace sluice {

constexpr std::string_view VersionWord(Version version) {
  switch (version) {
    case Version::kSocks4: return "4";
    case Version::kSocks4a: return "4a";
    case Version::kSocks5: return "5";
    case Version::kUnknown: break;
  }
  return "";
}

constexpr std::string_view CommandWord(Command command) {
  switch (command) {
    case Command::kConnect: return "connect";
    case Command::kBind: return "bind";
    case Command::kUdpAssociate: return "udp_associate";
  }
  return "";
}

// What the rules said of the request; empty where they were not asked, or have not answered yet.
inline std::string_view VerdictWord(const AccessRecord& record) {
  if (record.replied && record.reply == Rep::kSucceeded) return "allow";
  if (record.ended_by == EndedBy::kPolicy) return "deny";
  return record.rule.view().empty() ? "" : "allow";
}

// "1-755": the shard, and a number that is its own.
inline std::string SessionWord(const AccessRecord& record) {
  return absl::StrCat(record.shard, "-", record.session);
}

// The name that was asked for, else the address. Once `requested`.
inline std::string DestinationWord(const AccessRecord& record) {
  return record.name.view().empty() ? record.requested_address.address.ToString()
                                    : std::string(record.name.view());
}

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_SESSION_WORDS_H_
