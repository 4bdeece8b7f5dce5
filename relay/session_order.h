#ifndef SLUICE_RELAY_SESSION_ORDER_H_
#define SLUICE_RELAY_SESSION_ORDER_H_

// SessionOrder: what a shard is asked about its live sessions and their traces, and its answer. The
// asker makes one, posts it and shares it with the shard until it is answered; until then only the
// shard writes to it. Bounded so that one order keeps a turn for microseconds: whoever wants more
// asks again.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/interface_name.h"
#include "core/limits.h"
#include "relay/close_reason.h"
#include "relay/log/access_record.h"
#include "relay/trace.h"

namespace sluice {

// Names a live session to its shard, and notices that it is gone.
struct SessionPlace {
  uint32_t index = 0;
  uint32_t generation = 0;
  friend bool operator==(const SessionPlace&, const SessionPlace&) = default;
};

struct LiveSession {
  SessionPlace place;
  // As its line in the access log would be if it ended now: `state` is the one it is in. Where a
  // failure is being delivered, `ended_by` says already how it will end.
  AccessRecord record;
  InterfaceName client_interface;  // of a client whose address is link-local
  bool leads_to_itself = false;    // what it has connected to is this gateway
};

class SessionOrder {
 public:
  enum class Kind : uint8_t {
    kList,          // the next kSessionsListed from place `from` on
    kEnd,           // those of `which` that are still there
    kSetTraceDesk,  // from now on sessions are traced at `desk`, or none is
    kTrace,         // the one of `which`, from now on
    kListTraces,    // those that were caught
    kReadTrace,     // the steps of `session`
  };

  static SessionOrder List(uint32_t from) {
    SessionOrder order(Kind::kList);
    order.from = from;
    order.room_.resize(limits::kSessionsListed);  // here, not on the shard's thread
    return order;
  }
  // `which`: at most kSessionsEnded. `why`: a literal.
  static SessionOrder End(std::vector<SessionPlace> which, EndedBy by, std::string_view why) {
    SessionOrder order(Kind::kEnd);
    order.which = std::move(which);
    order.by = by;
    order.why = why;
    return order;
  }
  // The desk from before is not touched after this was answered. `desk` lives until the next one.
  static SessionOrder SetTraceDesk(TraceDesk* desk) {
    SessionOrder order(Kind::kSetTraceDesk);
    order.desk = desk;
    return order;
  }
  static SessionOrder Trace(SessionPlace which) {
    SessionOrder order(Kind::kTrace);
    order.which = {which};
    return order;
  }
  static SessionOrder ListTraces() {
    SessionOrder order(Kind::kListTraces);
    order.traced_.reserve(kTracePlaces);
    return order;
  }
  static SessionOrder ReadTrace(uint64_t session) {
    SessionOrder order(Kind::kReadTrace);
    order.session = session;
    order.traced_.reserve(1);
    order.steps_.reserve(kTraceSteps);
    return order;
  }
  SessionOrder(SessionOrder&& other) noexcept
      : kind(other.kind),
        from(other.from),
        which(std::move(other.which)),
        by(other.by),
        why(other.why),
        desk(other.desk),
        session(other.session),
        room_(std::move(other.room_)),
        traced_(std::move(other.traced_)),
        steps_(std::move(other.steps_)) {}

  // The shard's thread. It does not touch the order after.
  void Answer() {
    answered_.store(true, std::memory_order_release);
    answered_.notify_one();
  }
  // The asker's thread.
  bool answered() const { return answered_.load(std::memory_order_acquire); }
  // Waits: only for threads that may.
  void Await() const { answered_.wait(false, std::memory_order_acquire); }

  const Kind kind;
  uint32_t from = 0;
  std::vector<SessionPlace> which;
  EndedBy by = EndedBy::kOperator;
  std::string_view why;
  TraceDesk* desk = nullptr;
  uint64_t session = 0;  // as the access log numbers it

  // --- The answer

  bool gone = false;  // the shard has stopped: it has no sessions
  absl::Span<const LiveSession> sessions() const {
    return absl::MakeConstSpan(room_.data(), listed_);
  }
  uint32_t next = 0;  // where to go on from
  bool last = true;   // nothing is behind it
  size_t ended = 0;
  bool done = false;  // kTrace: it is there, and traced
  absl::Span<const TracedSession> traced() const { return traced_; }
  absl::Span<const TraceStep> steps() const { return steps_; }

  // The shard's thread: copies, into room that the asker has made.
  void AddTraced(const TracedSession& traced) { traced_.push_back(traced); }
  void AddSteps(absl::Span<const TraceStep> steps) { steps_.assign(steps.begin(), steps.end()); }
  // The shard's thread: the next one to fill, and whether there is room for another.
  LiveSession& Add() { return room_[listed_++]; }
  bool has_room() const { return listed_ < room_.size(); }

 private:
  explicit SessionOrder(Kind k) : kind(k) {}

  std::vector<LiveSession> room_;
  std::vector<TracedSession> traced_;
  std::vector<TraceStep> steps_;
  size_t listed_ = 0;
  std::atomic<bool> answered_ = false;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_SESSION_ORDER_H_
