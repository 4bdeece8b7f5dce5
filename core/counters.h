#ifndef SLUICE_CORE_COUNTERS_H_
#define SLUICE_CORE_COUNTERS_H_

// Counters: what a shard counts, declared once in one list. A shard adds on its own thread without
// a locked instruction; any thread may read. docs/OPERATING.md has the same list, and a test
// compares the two.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice {

// X(member, name, help)
#define SLUICE_COUNTERS(X)                                                                         \
  X(sessions_accepted, "sluice_sessions_accepted_total", "Connections accepted from clients.")     \
  X(sessions_closed, "sluice_sessions_closed_total",                                               \
    "Sessions that have ended, each with one access log line.")                                    \
  X(sessions_turned_away, "sluice_sessions_turned_away_total",                                     \
    "Connections reset because their source had as many sessions or unfinished handshakes as it "  \
    "may, each with one access log line.")                                                         \
  X(handshakes_crowded_out, "sluice_handshakes_crowded_out_total",                                 \
    "Unfinished handshakes of the greediest source that were ended because no place was left.")    \
  X(places_awaited, "sluice_places_awaited_total",                                                 \
    "Clients that found no place and had to wait for one.")                                        \
  X(handshakes_failed, "sluice_handshakes_failed_total",                                           \
    "Sessions ended because the client's bytes were not a SOCKS request.")                         \
  X(auth_accepted, "sluice_auth_accepted_total", "Sessions whose user was authenticated.")         \
  X(auth_cache_hits, "sluice_auth_cache_hits_total",                                               \
    "Credentials found good from memory, without a check.")                                        \
  X(auth_failed, "sluice_auth_failed_total",                                                       \
    "Credentials refused because they are wrong, each with one access log line.")                  \
  X(auth_throttled, "sluice_auth_throttled_total",                                                 \
    "Credentials refused unchecked because their source had failed too often.")                    \
  X(auth_unchecked, "sluice_auth_unchecked_total",                                                 \
    "Credentials without a verdict: not checked in time, or the back end failed.")                 \
  X(auth_abandoned, "sluice_auth_abandoned_total",                                                 \
    "Checks not made because nobody waited for them any more.")                                    \
  X(gss_tokens_crowded_out, "sluice_gss_tokens_crowded_out_total",                                 \
    "GSSAPI clients refused because unfinished tokens held too much, and theirs the most.")        \
  X(requests_allowed, "sluice_requests_allowed_total", "Requests that the rules allowed.")         \
  X(requests_denied, "sluice_requests_denied_total", "Requests that the rules denied.")            \
  X(connects_succeeded, "sluice_connects_succeeded_total", "Connections made to targets.")         \
  X(connects_failed, "sluice_connects_failed_total",                                               \
    "Requests for which no address of the target could be connected to.")                          \
  X(binds_succeeded, "sluice_binds_succeeded_total", "BINDs to which the peer has connected.")     \
  X(binds_failed, "sluice_binds_failed_total",                                                     \
    "BINDs that were allowed and to which no peer has connected.")                                 \
  X(bind_peers_refused, "sluice_bind_peers_refused_total",                                         \
    "Connections to a BIND's port by others than its peer.")                                       \
  X(ident_queries, "sluice_ident_queries_total",                                                   \
    "SOCKS4 clients whose host was asked who they are (RFC 1413).")                                \
  X(ident_failures, "sluice_ident_failures_total",                                                 \
    "SOCKS4 clients whose host did not confirm who they are.")                                     \
  X(bytes_up, "sluice_bytes_up_total",                                                             \
    "Bytes relayed from clients to targets, counted as they move.")                                \
  X(bytes_down, "sluice_bytes_down_total",                                                         \
    "Bytes relayed from targets to clients, counted as they move.")                                \
  X(udp_associations, "sluice_udp_associations_total", "UDP associations opened.")                 \
  X(datagrams_up, "sluice_datagrams_up_total", "Datagrams relayed from clients to targets.")       \
  X(datagrams_down, "sluice_datagrams_down_total", "Datagrams relayed from targets to clients.")   \
  X(datagrams_dropped_sender, "sluice_datagrams_dropped_sender_total",                             \
    "Datagrams that came to an association from another address or port than its client's.")       \
  X(datagrams_dropped_fragment, "sluice_datagrams_dropped_fragment_total",                         \
    "Datagrams of clients that were fragments (FRAG not 0).")                                      \
  X(datagrams_dropped_malformed, "sluice_datagrams_dropped_malformed_total",                       \
    "Datagrams of clients without a header that leads anywhere.")                                  \
  X(datagrams_dropped_denied, "sluice_datagrams_dropped_denied_total",                             \
    "Datagrams of clients to destinations that the rules deny.")                                   \
  X(datagrams_dropped_unresolved, "sluice_datagrams_dropped_unresolved_total",                     \
    "Datagrams of clients to names that were not found, or were being looked up while no more of " \
    "them could be held.")                                                                         \
  X(datagrams_dropped_unsolicited, "sluice_datagrams_dropped_unsolicited_total",                   \
    "Datagrams from whom the client has not sent to.")                                             \
  X(datagrams_dropped_egress, "sluice_datagrams_dropped_egress_total",                             \
    "Datagrams of clients for which no socket could be opened: an address or interface of their "  \
    "rule's egress is missing, or no port or descriptor is left.")                                 \
  X(datagrams_dropped_unsent, "sluice_datagrams_dropped_unsent_total",                             \
    "Datagrams that a full socket or an unreachable destination did not take.")                    \
  X(turns_gathered, "sluice_turns_gathered_total",                                                 \
    "Turns in which a shard waited for more bytes of streams, or more datagrams, than the first.") \
  X(spin_us, "sluice_spin_microseconds_total",                                                     \
    "CPU time in which shards looked for work instead of sleeping.")                               \
  X(receives_starved, "sluice_receives_starved_total",                                             \
    "Receives that found the buffer pool empty and waited in line.")                               \
  X(accept_pauses, "sluice_accept_pauses_total",                                                   \
    "Times that accepting paused because descriptors or memory ran out.")                          \
  X(access_records_lost, "sluice_access_records_lost_total",                                       \
    "Access log lines lost because the log is written too slowly.")                                \
  X(splice_promotions, "sluice_splice_promotions_total",                                           \
    "Directions that became a spliced stream.")                                                    \
  X(splice_demotions, "sluice_splice_demotions_total",                                             \
    "Spliced directions that went back to copying.")                                               \
  X(resolver_queries, "sluice_resolver_queries_total", "Names asked of the name servers.")         \
  X(resolver_cache_hits, "sluice_resolver_cache_hits_total", "Names answered from the cache.")     \
  X(resolver_refused, "sluice_resolver_refused_total",                                             \
    "Names not asked because their source, or all together, had as many asked as may be.")         \
  X(resolver_failures, "sluice_resolver_failures_total",                                           \
    "Names that do not exist or for which no server answered.")

// Written by one thread, read by any.
class Counter {
 public:
  void Add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

struct Counters {
#define SLUICE_DECLARE(member, name, help) Counter member;
  SLUICE_COUNTERS(SLUICE_DECLARE)
#undef SLUICE_DECLARE

  // A sum over shards.
  struct Totals {
#define SLUICE_DECLARE(member, name, help) uint64_t member = 0;
    SLUICE_COUNTERS(SLUICE_DECLARE)
#undef SLUICE_DECLARE

    // visit(name, help, value), in the order of the list.
    template <typename Visit>
    void ForEach(Visit visit) const {
#define SLUICE_VISIT(member, name, help) \
  visit(std::string_view(name), std::string_view(help), member);
      SLUICE_COUNTERS(SLUICE_VISIT)
#undef SLUICE_VISIT
    }
  };

  static Totals Sum(const std::vector<const Counters*>& shards) {
    Totals totals;
    for (const Counters* shard : shards) {
#define SLUICE_ADD(member, name, help) totals.member += shard->member.value();
      SLUICE_COUNTERS(SLUICE_ADD)
#undef SLUICE_ADD
    }
    return totals;
  }
};

}  // namespace sluice

#endif  // SLUICE_CORE_COUNTERS_H_
