#include "tools/admin/store/rule_ledger.h"

#include <algorithm>
#include <utility>

#include "tools/admin/store/store.h"

namespace sluice {
namespace {

using Counts = RuleCounts::Counts;

void Subtract(const Counts& moved, Counts* counts) {
  const auto less = [](uint64_t* from, uint64_t n) { *from -= std::min(*from, n); };
  less(&counts->hits, moved.hits);
  less(&counts->bytes_up, moved.bytes_up);
  less(&counts->bytes_down, moved.bytes_down);
  if (counts->hits > 0) return;
  counts->first = absl::InfiniteFuture();
  counts->last = absl::InfinitePast();
}

bool IsNothing(const Counts& counts) {
  return counts.hits == 0 && counts.sessions == 0 && counts.bytes_up == 0 && counts.bytes_down == 0;
}

}  // namespace

absl::Status RuleLedger::Begin(Live live) {
  absl::StatusOr<RuleCountsByName> before = store_.LoadRuleCounts();
  const std::lock_guard<std::mutex> lock(lock_);
  live_ = std::move(live);
  if (!before.ok()) return before.status();
  before_ = *std::move(before);
  return absl::OkStatus();
}

RuleCountsByName RuleLedger::Count() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return CountLocked();
}

RuleCountsByName RuleLedger::CountLocked() const {
  RuleCountsByName all = live_ == nullptr ? RuleCountsByName() : live_();
  for (const auto& [name, counts] : moved_) Subtract(counts, &all[name]);
  for (const auto& [name, counts] : before_) all[name].Add(counts);
  std::erase_if(all, [](const auto& one) { return IsNothing(one.second); });
  return all;
}

// Sessions that are open stay where they are counted: under the name that let them in.
void RuleLedger::Rename(std::string_view from, std::string_view to) {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    const RuleCountsByName all = CountLocked();
    const auto had = all.find(from);
    if (from == to || had == all.end()) return;
    Counts counts = had->second;
    counts.sessions = 0;
    const RuleCountsByName live = live_ == nullptr ? RuleCountsByName() : live_();
    if (const auto found = live.find(from); found != live.end())
      moved_[std::string(from)] = found->second;
    before_.erase(std::string(from));
    before_[std::string(to)].Add(counts);
  }
  Save();
}

void RuleLedger::Save() {
  RuleCountsByName all = Count();
  for (auto& [name, counts] : all) counts.sessions = 0;
  store_.SaveRuleCounts(all);
}

void RuleLedger::End() {
  Save();
  const std::lock_guard<std::mutex> lock(lock_);
  live_ = nullptr;
}

}  // namespace sluice
