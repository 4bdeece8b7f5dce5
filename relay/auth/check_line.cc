#include "relay/auth/check_line.h"

#include <algorithm>

namespace sluice {
namespace {

using Rank = CheckLine::Rank;

// Whom the next check is meant for, in turns. Who knows a password gets in beside any number of
// guesses; who has come for the first time, or has mistyped, is not kept out by those who have not.
constexpr Rank kTurns[] = {Rank::kGood, Rank::kNew, Rank::kGood, Rank::kFailed};

}  // namespace

CheckLine::CheckLine() = default;

void CheckLine::Join(Place& place, Rank rank, uint64_t source, absl::Time now) {
  place.since_ = now;
  ranks_[static_cast<size_t>(rank)].Join(place, source);
}

CheckLine::Place* CheckLine::Next(absl::Time now) {
  const Rank meant = kTurns[turn_++ % std::size(kTurns)];
  if (Place* place = ranks_[static_cast<size_t>(meant)].Next(now)) return place;
  for (Rounds& rank : ranks_) {
    if (Place* place = rank.Next(now)) return place;
  }
  return nullptr;
}

CheckLine::Rounds::Source& CheckLine::Rounds::Remembered(uint64_t source) {
  static_assert(limits::kCheckLineSources % kWays == 0);
  // Whoever has many sources could have another forgotten: then that one gains a round.
  const uint64_t scattered = source * 0x9e3779b97f4a7c15;
  Source* set = &sources_[(scattered >> 32) % (sources_.size() / kWays) * kWays];
  Source* found =
      std::find_if(set, set + kWays, [source](const Source& s) { return s.source == source; });
  if (found == set + kWays) {
    found = std::min_element(set, set + kWays,
                             [](const Source& a, const Source& b) { return a.round < b.round; });
    *found = Source{source, 0};
  }
  return *found;
}

void CheckLine::Rounds::Join(Place& place, uint64_t source) {
  Source& remembered = Remembered(source);
  remembered.round =
      std::clamp(remembered.round + 1, round_, round_ + limits::kCheckLineRounds - 1);
  rounds_[remembered.round % limits::kCheckLineRounds].PushBack(place);
}

CheckLine::Place* CheckLine::Rounds::Next(absl::Time now) {
  for (size_t empty = 0; empty < limits::kCheckLineRounds; ++empty, ++round_) {
    IntrusiveList<Place>& waiting = rounds_[round_ % limits::kCheckLineRounds];
    if (waiting.empty()) continue;
    const bool late = now - waiting.front().since_ > limits::kCheckLinePatience;
    return late ? &waiting.PopBack() : &waiting.PopFront();
  }
  return nullptr;
}

}  // namespace sluice
