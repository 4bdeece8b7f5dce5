#ifndef SLUICE_RELAY_TRACE_H_
#define SLUICE_RELAY_TRACE_H_

// What a session that is watched did, step by step. An administrator sets a trap for the next
// sessions that match a filter, or points at one that is live (traces.h). Each shard then has a
// TraceDesk, a fixed number of places that the asker has made: while there is none, a session costs
// one branch when it is accepted and none in its tunnel. Steps are values without credentials: what
// a client said is never among them, except its user's name and the destination.
//
// Threads: a desk is written by its shard's thread alone, and copied by it when it is asked
// (session_order.h). A trap is shared by all shards.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/address.h"
#include "core/limits.h"
#include "relay/close_reason.h"
#include "relay/log/access_record.h"
#include "relay/log/session_filter.h"

namespace sluice {

// The longest opening has some thirty steps: eight addresses dialled, each with its decision. What
// comes after is dropped but for the last place, which the end takes.
inline constexpr size_t kTraceSteps = 48;
// Of a shard: those that are kept, and those whose request is not complete yet. Some 20 KB each.
inline constexpr size_t kTracePlaces = 64;
// Sessions that one trap takes.
inline constexpr int kTracedSessionsMax = 32;

struct TraceStep {
  enum class Kind : uint8_t {
    kAccepted,     // at: the client
    kWaits,        // word: the SessionState it is in now
    kUser,         // text: who the client says it is; word: SessionAuth
    kCredentials,  // word: the AuthVerdict on them
    kRequest,      // at: address and port; text: the name; word: Command
    kDecision,     // at: of which address, or zeros of the name; text: the rule; word: Verdict
    kAnswer,       // of the name servers or files; word: NameAnswer::Status; number: addresses
    kDial,         // at: the target
    kDialFailed,   // at: the target; number: errno
    kConnected,    // at: the target
    kReply,        // word: Rep
    kReplyTaken,   // the success reply is out, and what the target says follows
    kHalfClosed,   // word: EndedBy, who has said it is done
    kWatched,      // an administrator has pointed at it
    kEnd,          // word: EndedBy; text: why; number: errno
  };
  Kind kind = Kind::kAccepted;
  uint8_t word = 0;
  int32_t number = 0;
  absl::Duration since;  // the session's beginning, by the clock of its turns
  Endpoint at;
  InlineText<limits::kNameBytesMax> text;
};

// What a shard says of one traced session.
struct TracedSession {
  uint64_t session = 0;
  Endpoint client;
  absl::Time started;  // the loop's clock
  bool kept = false;   // it matches, or was pointed at; else that shows when it is answered
  bool ended = false;
  uint16_t count = 0;    // of steps
  uint16_t dropped = 0;  // steps that there was no room for
};

struct TraceTrap {
  TraceTrap(SessionFilter which, int sessions) : filter(std::move(which)), left(sessions) {}

  const SessionFilter filter;
  std::atomic<int> left;             // sessions that it still takes
  std::atomic<uint64_t> missed = 0;  // that it could not look at: every place was taken
};

class TraceDesk {
 public:
  explicit TraceDesk(std::shared_ptr<TraceTrap> trap) : trap_(std::move(trap)) {}

  // --- The shard's thread

  // Whether a session that has come is to be watched, until Keep says more.
  bool Begin(uint64_t session, const Endpoint& client, absl::Time now);
  // One that is live already. False where no place is left.
  bool BeginLive(uint64_t session, const Endpoint& client, absl::Time started);
  // False where the session is not watched (any more).
  bool Add(uint64_t session, absl::Time now, const TraceStep& step);
  // It was answered, or ends: whether it is what the trap is for. Asked again it says the same.
  bool Keep(const AccessRecord& session);
  // After its last step.
  void End(uint64_t session);

  // What is there, of kept ones. For whoever the shard answers.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Place& place : places_) {
      if (place.taken && place.session.kept) visit(place.session);
    }
  }
  // Nothing: not watched.
  const TracedSession* Find(uint64_t session) const;
  const TraceStep* StepsOf(uint64_t session) const;

 private:
  struct Place {
    bool taken = false;
    TracedSession session;
    std::array<TraceStep, kTraceSteps> steps;
  };

  Place* FreePlace();
  Place* PlaceOf(uint64_t session);
  const Place* PlaceOf(uint64_t session) const;

  const std::shared_ptr<TraceTrap> trap_;
  std::vector<Place> places_ = std::vector<Place>(kTracePlaces);
};

}  // namespace sluice

#endif  // SLUICE_RELAY_TRACE_H_
