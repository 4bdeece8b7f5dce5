#ifndef SLUICE_RELAY_LOG_SESSION_FILTER_H_
#define SLUICE_RELAY_LOG_SESSION_FILTER_H_

// SessionFilter: which sessions an administrator means, in a text such as
//
//   client=10.0.0.0/8 user!=svc-* destination=*.example.com state=relay age>1h bytes>1GB
//
// Terms are separated by blanks and all must hold; a value with blanks stands in double quotes. The
// one parser for listing, ending and whatever else asks for sessions; docs/ADMIN.md has the
// language. Pure and bounded: text comes from outside. Any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/address_range.h"
#include "relay/log/access_record.h"

namespace sluice {

class SessionFilter {
 public:
  static constexpr size_t kBytesMax = 4096;
  static constexpr size_t kTermsMax = 32;

  // kEnded: also by how they ended, and what they were answered.
  enum class Of : uint8_t { kOpen, kEnded };

  // Without a term it means all sessions. An error says in which column what was expected, and what
  // was found.
  static absl::StatusOr<SessionFilter> Parse(std::string_view text, Of sessions = Of::kOpen);

  // `session.duration` is its age.
  bool Matches(const AccessRecord& session) const;
  // Whether one of that client could match: what else is asked for shows later.
  bool MayMatchClient(const Endpoint& client) const;
  bool is_all() const { return terms_.empty(); }

  enum class Key : uint8_t {
    kSession,
    kClient,
    kUser,
    kDestination,
    kTarget,
    kRule,
    kState,
    kCommand,
    kVersion,
    kPort,
    kAge,
    kBytes,
    kBytesUp,
    kBytesDown,
    // --- Of those that have ended
    kEndedBy,
    kVerdict,
    kReply,
  };
  enum class Relation : uint8_t { kIs, kIsNot, kLess, kMore };

 private:
  struct Term {
    Key key = Key::kSession;
    Relation relation = Relation::kIs;
    std::string text;       // with "*", where the key is a text
    bool is_range = false;  // and then also, or only, these addresses
    AddressRange range;
    uint16_t range_port = 0;  // of an address with a port; else 0
    uint64_t number = 0;      // of ports and bytes
    absl::Duration age;
  };
  class Parser;

  static bool Holds(const Term& term, const AccessRecord& session);

  std::vector<Term> terms_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_SESSION_FILTER_H_
