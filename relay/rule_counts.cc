#include "relay/rule_counts.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "absl/hash/hash.h"

namespace sluice {
namespace {

constexpr RuleCounts::Entry kOther = 1;

}  // namespace

RuleCounts::RuleCounts(size_t most)
    : most_(most),
      mask_(std::bit_ceil(2 * (most + 2)) - 1),
      rows_(static_cast<Row*>(std::calloc(most + 2, sizeof(Row)))),
      index_(static_cast<Entry*>(std::calloc(mask_ + 1, sizeof(Entry)))),
      used_(kOther) {
  if (rows_ == nullptr || index_ == nullptr) throw std::bad_alloc();
  Find(kOthers);
}

RuleCounts::Entry RuleCounts::Find(std::string_view name) {
  name = name.substr(0, limits::kRuleNameBytesMax);
  size_t at = absl::HashOf(absl::string_view(name.data(), name.size())) & mask_;
  while (index_[at] != kNone) {
    if (NameOf(index_[at]) == name) return index_[at];
    at = (at + 1) & mask_;
  }
  const Entry fresh = used_.load(std::memory_order_relaxed);
  if (fresh > most_ + kOther) return kOther;
  rows_[fresh].name_size = static_cast<uint8_t>(name.size());
  std::memcpy(rows_[fresh].name, name.data(), name.size());
  index_[at] = fresh;
  used_.store(fresh + 1, std::memory_order_release);
  return fresh;
}

RuleCounts::Entry RuleCounts::Enter(std::string_view name) {
  const Entry entry = Find(name);
  Add<uint64_t>(rows_[entry].sessions, 1);
  return entry;
}

void RuleCounts::Leave(Entry entry) {
  if (entry != kNone) Add<uint64_t>(rows_[entry].sessions, uint64_t{0} - 1);
}

void RuleCounts::Hit(Entry entry, absl::Time now) {
  if (entry == kNone) return;
  Row& row = rows_[entry];
  const int64_t ns = std::max<int64_t>(absl::ToUnixNanos(now), 1);
  Add<uint64_t>(row.hits, 1);
  if (row.first_ns == 0) std::atomic_ref(row.first_ns).store(ns, std::memory_order_relaxed);
  std::atomic_ref(row.last_ns).store(ns, std::memory_order_relaxed);
}

void RuleCounts::Move(Entry entry, uint64_t bytes_up, uint64_t bytes_down) {
  if (entry == kNone) return;
  Add(rows_[entry].bytes_up, bytes_up);
  Add(rows_[entry].bytes_down, bytes_down);
}

std::string_view RuleCounts::NameOf(Entry entry) const {
  return {rows_[entry].name, rows_[entry].name_size};
}

RuleCounts::Counts RuleCounts::Read(Entry entry) const {
  Row& row = rows_[entry];
  const auto read = [](auto& number) {
    return std::atomic_ref(number).load(std::memory_order_relaxed);
  };
  Counts counts{read(row.hits), read(row.sessions), read(row.bytes_up), read(row.bytes_down)};
  if (const int64_t first = read(row.first_ns); first != 0) {
    counts.first = absl::FromUnixNanos(first);
    counts.last = absl::FromUnixNanos(read(row.last_ns));
  }
  return counts;
}

}  // namespace sluice
