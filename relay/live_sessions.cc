#include "relay/live_sessions.h"

#include <algorithm>
#include <utility>

#include "relay/now_refused.h"

namespace sluice {

std::shared_ptr<const SessionOrder> AskShard(Shard& shard, SessionOrder order) {
  auto asked = std::make_shared<SessionOrder>(std::move(order));
  shard.Ask(asked);
  asked->Await();
  return asked;
}

LiveSessions::Cursor LiveSessions::ForEach(
    const Cursor& from, absl::FunctionRef<bool(const LiveSession&)> visit) const {
  Cursor at = from;
  while (!AtEnd(at)) {
    const auto page = AskShard(*shards_[at.shard], SessionOrder::List(at.place));
    for (const LiveSession& session : page->sessions()) {
      at.place = session.place.index + 1;
      if (!visit(session)) return at;
    }
    at.place = page->next;
    if (page->last) at = {static_cast<uint16_t>(at.shard + 1), 0};
  }
  return at;
}

size_t LiveSessions::End(absl::Span<const Name> names, EndedBy by, std::string_view why) const {
  size_t ended = 0;
  std::vector<SessionPlace> some;
  for (size_t i = 0; i < names.size(); ++i) {
    some.push_back(names[i].place);
    const bool goes_on = i + 1 < names.size() && names[i + 1].shard == names[i].shard;
    if (goes_on && some.size() < limits::kSessionsEnded) continue;
    if (names[i].shard < shards_.size())
      ended +=
          AskShard(*shards_[names[i].shard], SessionOrder::End(std::move(some), by, why))->ended;
    some.clear();
  }
  return ended;
}

size_t LiveSessions::EndRefused(const Snapshot& rules) const {
  size_t ended = 0;
  std::vector<Name> refused;
  const auto end = [&] {
    ended += End(refused, EndedBy::kPolicy, kNowRefused);
    refused.clear();
  };
  ForEach({}, [&](const LiveSession& session) {
    if (NowRefusedBy(rules, session)) refused.push_back({session.record.shard, session.place});
    if (refused.size() >= limits::kSessionsListed) end();
    return true;
  });
  end();
  return ended;
}

}  // namespace sluice
