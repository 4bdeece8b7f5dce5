#ifndef SLUICE_POLICY_SOURCE_LIMITS_H_
#define SLUICE_POLICY_SOURCE_LIMITS_H_

// SourceLimits: [limits] of sluice.toml as values: what one source may hold at a time, all shards
// together. A source is an IPv4 address or an IPv6 /64, the least that one host is given; hundreds
// of people may stand behind one. 0: no bound of its own. Values only, any thread.

#include "core/limits.h"

namespace sluice {

struct SourceLimits {
  int handshakes = limits::kSourceHandshakes;
  int sessions = limits::kSourceSessions;
  int associations = limits::kSourceAssociations;
  int binds = limits::kSourceBinds;
  int names = limits::kSourceNames;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_SOURCE_LIMITS_H_
