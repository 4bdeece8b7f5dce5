// The part of the verdict that is about time: whom a time-out ended, and when.

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/sim/gateway_verdict.h"

namespace sluice {

// Idle or not, its session ends as soon as it can be told.
void GatewayVerdict::JudgeVanished(const SimPlan& plan, const AccessRecord& record) {
  if (record.state != SessionState::kRelay && record.state != SessionState::kHalfClosed) return;
  const SimPolicy& policy = sim_.eras().front().policy;
  const absl::Duration longest =
      std::max(policy.unacknowledged,
               policy.keepalive + policy.keepalive_interval * policy.keepalive_probes) +
      3 * limits::kPeerLookMax;
  absl::Time vanished = absl::InfiniteFuture();
  for (const auto& connection : plan.target->connections()) {
    if (connection->socket().vanished()) vanished = std::min(vanished, connection->moved_at());
  }
  if (plan.client->socket().vanished()) vanished = std::min(vanished, plan.client->moved_at());
  // Its tunnel cannot stand before its last reply is out.
  vanished = std::max(vanished, plan.client->answered_at());
  if (vanished == absl::InfiniteFuture()) return;
  const absl::Time end = StartOf(record) + record.duration;
  if (end > vanished + longest + kSlack) {
    Accuse(plan, absl::StrCat("a session ended ", absl::FormatDuration(end - vanished),
                              " after its peer had vanished, not within ",
                              absl::FormatDuration(longest)));
  }
}

void GatewayVerdict::JudgeTimeOut(const SimPlan& plan, const AccessRecord& record,
                                  SimReport* report) {
  if (record.ended_by != EndedBy::kTimeout) return;
  const SimPolicy& policy = sim_.eras().front().policy;
  // The gateway connected to itself waits for a request that never comes.
  bool excused = plan.stalls || AsksForItself(plan);
  absl::Duration shortest;
  absl::Duration longest;
  // While a verdict is waited for the handshake's deadline stands still.
  const absl::Duration handshake_longest =
      policy.handshake +
      (plan.method == kMethodPassword ? policy.authentication : absl::ZeroDuration());
  switch (record.state) {
    case SessionState::kAuthentication:
      excused = true;  // others stood before it, or it was late itself
      shortest = policy.authentication;
      longest = handshake_longest + limits::kFailureLinger;
      break;
    case SessionState::kHandshake:
    case SessionState::kRequest:
      excused |= plan.kind != SimPlan::Kind::kProper || plan.dawdles;
      shortest = policy.handshake;
      longest = handshake_longest;
      break;
    case SessionState::kResolution:
    case SessionState::kConnection:
      excused = true;  // JudgeAnswer knows what its destination called for
      shortest = policy.connect;
      longest = handshake_longest + policy.connect + limits::kFailureLinger;
      break;
    case SessionState::kReplyDelivery:
      shortest = policy.connect;
      longest = handshake_longest + policy.connect * 2;
      break;
    default:
      shortest = record.state == SessionState::kRelay ? policy.idle : policy.half_closed;
      longest = LastMove(plan, record) - StartOf(record) + shortest;
      // It left before its reply, which may have had to wait for the target.
      if (!plan.client->answered()) longest += policy.connect;
      if (record.error == ETIMEDOUT) {
        ++report->gone;
        excused = plan.vanishes;  // JudgeVanished knows until when
        shortest = absl::ZeroDuration();
        longest = absl::InfiniteDuration();
      } else if (record.why.find("took nothing") != std::string_view::npos) {
        ++report->stalled;
        shortest = policy.stalled;
        longest +=
            std::max(absl::ZeroDuration(), policy.stalled - policy.idle) + 2 * limits::kPeerLookMax;
      }
      break;
  }
  if (!excused) Accuse(plan, "a session timed out whose ends both behaved");
  if (record.duration < shortest || record.duration > longest + kSlack) {
    Accuse(plan, absl::StrCat("a time-out came after ", absl::FormatDuration(record.duration),
                              ", not between ", absl::FormatDuration(shortest), " and ",
                              absl::FormatDuration(longest)));
  }
}

// On the simulated clock.
absl::Time GatewayVerdict::StartOf(const AccessRecord& record) const {
  return sim_.network().now() - (sim_.gateway().kernels()[0]->WallNow() - record.started);
}

absl::Time GatewayVerdict::LastMove(const SimPlan& plan, const AccessRecord& record) const {
  absl::Time last = std::max(plan.client->moved_at(), plan.client->answered_at());
  if (!plan.client->answered()) last = StartOf(record);
  for (const auto& connection : plan.target->connections())
    last = std::max(last, connection->moved_at());
  if (!AsksForItself(plan)) return last;
  // At the other end is another session.
  for (const AccessRecord& other : sim_.gateway().records()) {
    if (other.client == record.egress) last = std::max(last, StartOf(other) + other.duration);
  }
  return last;
}

}  // namespace sluice
