#include "relay/limits/crowds.h"

#include <algorithm>
#include <bit>
#include <new>

#include "core/limits.h"
#include "glog/logging.h"

namespace sluice {

Crowds::Crowds(const Sources& sources, size_t most)
    : sources_(sources),
      crowd_of_source_(static_cast<Crowd**>(std::calloc(limits::kSourcesMax, sizeof(Crowd*)))),
      crowds_(std::min(most, limits::kSourcesMax)) {
  if (crowd_of_source_ == nullptr) throw std::bad_alloc();
}

void Crowds::Join(Member& member, Source& source) {
  Crowd*& crowd = crowd_of_source_[sources_.IndexOf(source)];
  if (crowd == nullptr) crowd = crowds_.Take(source);
  CHECK(crowd != nullptr) << "more crowds than members";
  crowd->members.PushBack(member);
  member.crowd_ = crowd;
  Rank(*crowd);
}

void Crowds::Leave(Member& member) {
  Crowd* crowd = member.crowd_;
  if (crowd == nullptr) return;
  member.Unlink();
  member.crowd_ = nullptr;
  if (!crowd->members.empty()) return Rank(*crowd);
  crowd_of_source_[sources_.IndexOf(crowd->source)] = nullptr;
  crowd->Unlink();
  crowds_.Give(crowd);
}

void Crowds::Rank(Crowd& crowd) {
  const auto rank = static_cast<size_t>(std::bit_width(static_cast<unsigned>(crowd.size())));
  if (crowd.linked() && crowd.rank == rank) return;
  crowd.Unlink();
  crowd.rank = rank;
  ranks_[rank].PushBack(crowd);
}

Crowds::Member* Crowds::Greediest(int at_least) {
  const auto lowest = static_cast<size_t>(std::bit_width(static_cast<unsigned>(at_least)));
  int looks = limits::kCrowdsCompared;
  for (size_t rank = ranks_.size(); rank-- > lowest;) {
    Crowd* greediest = nullptr;
    // Those whose sources have fewer by now go down to where they belong, and are met there.
    ranks_[rank].ForEach([&](Crowd& crowd) {
      if (looks-- <= 0) return;
      Rank(crowd);
      if (crowd.rank < rank) return;
      if (greediest == nullptr || crowd.size() > greediest->size()) greediest = &crowd;
    });
    if (greediest != nullptr && greediest->size() >= at_least) return &greediest->members.front();
  }
  return nullptr;
}

}  // namespace sluice
