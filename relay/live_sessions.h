#ifndef SLUICE_RELAY_LIVE_SESSIONS_H_
#define SLUICE_RELAY_LIVE_SESSIONS_H_

// LiveSessions: lists and ends the sessions of all shards, for a thread that may wait. A pass over
// all of them is many small orders (session_order.h), so sessions come and go meanwhile: one that
// is there from the first order to the last is seen exactly once, others at most once for each
// time that their place is used. Any thread but a shard's, and several at once.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "relay/session_order.h"
#include "relay/shard.h"

namespace sluice {

class LiveSessions {
 public:
  struct Name {
    uint16_t shard = 0;
    SessionPlace place;
  };
  // Where a pass may stop, and go on later.
  struct Cursor {
    uint16_t shard = 0;
    uint32_t place = 0;
  };

  explicit LiveSessions(const std::vector<std::unique_ptr<Shard>>& shards) : shards_(shards) {}

  // Those from `from` on, in the order of shards and of places in them; `visit` says whether to go
  // on. Where it said no, the place behind the last one visited; else behind all shards.
  Cursor ForEach(const Cursor& from, absl::FunctionRef<bool(const LiveSession&)> visit) const;
  // Ends those that are still there, and says how many were. Their sockets are closed after their
  // last operation, as at every end, so a line of the access log may come a moment later.
  size_t End(absl::Span<const Name> names, EndedBy by, std::string_view why) const;

  // Ends those that `rules` refuse, and no others: how many. Sessions that are still being opened
  // are asked about by their shard, so after this none is left that those rules would refuse.
  size_t EndRefused(const Snapshot& rules) const;

  // Behind all shards.
  bool AtEnd(const Cursor& cursor) const { return cursor.shard >= shards_.size(); }

 private:
  const std::vector<std::unique_ptr<Shard>>& shards_;
};

// Asks one shard and waits for its answer.
std::shared_ptr<const SessionOrder> AskShard(Shard& shard, SessionOrder order);

}  // namespace sluice

#endif  // SLUICE_RELAY_LIVE_SESSIONS_H_
