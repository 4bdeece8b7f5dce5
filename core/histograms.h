#ifndef SLUICE_CORE_HISTOGRAMS_H_
#define SLUICE_CORE_HISTOGRAMS_H_

// Histograms: what a shard measures of its sessions, declared once in one list, as Counters are. A
// shard observes on its own thread; any thread may read. docs/OPERATING.md has the same list, and a
// test compares the two.

#include <string_view>
#include <vector>

#include "core/histogram.h"

namespace sluice {

// X(type, member, name, help)
#define SLUICE_HISTOGRAMS(X)                                                                     \
  X(DurationHistogram, handshake, "sluice_handshake_duration_seconds",                           \
    "From accept to the complete request, authentication included.")                             \
  X(DurationHistogram, authentication, "sluice_auth_duration_seconds",                           \
    "From complete credentials to the verdict on them.")                                         \
  X(DurationHistogram, resolution, "sluice_resolve_duration_seconds",                            \
    "From the decision on a name to its addresses.")                                             \
  X(DurationHistogram, connection, "sluice_connect_duration_seconds",                            \
    "From the first attempt to connect to the target's answer.")                                 \
  X(DurationHistogram, setup, "sluice_setup_duration_seconds",                                   \
    "From the complete request to the first reply: what of a connection's delay is ours.")       \
  X(DurationHistogram, session, "sluice_session_duration_seconds", "From accept to the end.")    \
  X(Histogram, bytes_up, "sluice_session_up_bytes", "Bytes of a session from client to target.") \
  X(Histogram, bytes_down, "sluice_session_down_bytes", "Bytes of a session from target to client.")

struct Histograms {
#define SLUICE_DECLARE(type, member, name, help) type member;
  SLUICE_HISTOGRAMS(SLUICE_DECLARE)
#undef SLUICE_DECLARE

  // visit(name, help, what the value 1 is in the name's unit, counts), in the order of the list:
  // the sum over shards.
  template <typename Visit>
  static void ForEach(const std::vector<const Histograms*>& shards, Visit visit) {
#define SLUICE_VISIT(type, member, name, help)                                          \
  {                                                                                     \
    Histogram::Counts counts;                                                           \
    for (const Histograms* shard : shards) counts.Add(shard->member.Read());            \
    visit(std::string_view(name), std::string_view(help), double{type::kUnit}, counts); \
  }
    SLUICE_HISTOGRAMS(SLUICE_VISIT)
#undef SLUICE_VISIT
  }
};

}  // namespace sluice

#endif  // SLUICE_CORE_HISTOGRAMS_H_
