#ifndef SLUICE_POLICY_SNAPSHOT_H_
#define SLUICE_POLICY_SNAPSHOT_H_

// Snapshot: everything an administrator can change, compiled and frozen. Built once by
// CompileSnapshot on any thread, then read by all shards without locks; nobody edits it. See
// publisher.h for its life.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/address.h"
#include "policy/config.h"
#include "policy/decision.h"

namespace sluice {

class RuleIndex;

// What RuleName calls kNoRule.
inline constexpr std::string_view kDefaultDenyName = "default deny";

// What a session needs to know of a rule, beyond its verdict.
struct CompiledRule {
  std::string name;
  Verdict verdict = Verdict::kDeny;
  RuleGrant grant;
};

class Snapshot {
 public:
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // The first rule that matches decides; nothing matched is denied. Rules that are off or expired
  // match nothing.
  //
  // Address phase (address_known): a rule matches where client address, client port, command and
  // destination port match and its destination matches the name or the address.
  //   - A special-use address (ClassifySpecialUse) matches only a destination that names it:
  //     "special-use", or an entry that lies inside one special-use block. Not "any", not
  //     0.0.0.0/0, not a name. So does the gateway itself (PolicyRequest::gateway_itself):
  //     "special-use", or the very address as an entry.
  //   - An IPv6 address that carries an IPv4 address (NAT64, 6to4, …) matches entries for either of
  //   the two.
  // Users: a rule without users, groups and authenticated is for everybody. One with them asks for
  // a proof: kAuthenticated, or where it says `ident`, kIdent and kClaimed too; and where it names
  // users or groups, for one of the names. After kClaimed the relay asks the ident server, if
  // Grant() says so, before anything is done.
  // Zeros (address phase, no name, the unspecified address) are a question that is still open, in
  // BIND which peer connects and in UDP ASSOCIATE where datagrams go. Destinations and ports are
  // not asked: the first rule decides that could allow one, or that denies every one. In BIND only
  // rules with bind_any_peer can allow. Whoever asks so must ask again: of the peer, of each
  // datagram (`datagram`, for which zeros are a special-use address like others). A UDP
  // association is asked with zeros whatever address its client said, since that is its own.
  // Name phase: kDeny where a rule that matches the name (or "any") denies before any rule could
  // allow it, or where no rule could; a rule could allow a name that it does not match where its
  // destination has addresses. Else kResolve. Never kAllow: each address is decided too. Names
  // compare without case and without one trailing dot.
  //
  // No allocation, no lock; under 1 µs with 10,000 rules and lists of a million.
  Decision Decide(const PolicyRequest& request) const;

  // In the configuration's order, with those that are off.
  absl::Span<const CompiledRule> rules() const { return rules_; }
  // kDefaultDenyName for kNoRule.
  std::string_view RuleName(int32_t rule) const;
  // What the rule that decided says about the session; one that grants nothing for kNoRule.
  const RuleGrant& Grant(int32_t rule) const;

  // Whether any rule grants udp_any_peer.
  bool lets_any_udp_peer() const { return lets_any_udp_peer_; }

  // The [[user]] of that name, or null. No allocation.
  const User* FindUser(std::string_view name) const;
  absl::Span<const User> users() const { return users_; }

  const ServiceSettings& service() const { return service_; }
  const Timeouts& timeouts() const { return timeouts_; }
  const SourceLimits& limits() const { return limits_; }
  const AuthSettings& auth() const { return auth_; }

  // Counts up with every compile of this process; in the log.
  uint64_t generation() const { return generation_; }

  // When the next rule expires: compile and publish again then. InfiniteFuture where none will.
  absl::Time next_expiry() const { return next_expiry_; }

 private:
  friend absl::StatusOr<std::unique_ptr<const Snapshot>> CompileSnapshot(const Config& config,
                                                                         absl::Time now,
                                                                         uint64_t generation);
  Snapshot();

  ServiceSettings service_;
  Timeouts timeouts_;
  SourceLimits limits_;
  AuthSettings auth_;
  std::vector<User> users_;
  absl::flat_hash_map<std::string_view, size_t> user_of_name_;  // place in users_
  std::vector<CompiledRule> rules_;
  bool lets_any_udp_peer_ = false;
  uint64_t generation_ = 0;
  absl::Time next_expiry_ = absl::InfiniteFuture();
  std::unique_ptr<const RuleIndex> index_;
};

// Rules that have expired by `now` are compiled as if off. ResourceExhausted where the rules
// overlap in so many ways that the index would not fit in a sane amount of memory.
absl::StatusOr<std::unique_ptr<const Snapshot>> CompileSnapshot(const Config& config,
                                                                absl::Time now,
                                                                uint64_t generation);

}  // namespace sluice

#endif  // SLUICE_POLICY_SNAPSHOT_H_
