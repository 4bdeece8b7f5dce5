#include "relay/names/name_servers.h"

#include <algorithm>
#include <utility>

namespace sluice {
namespace {

int64_t Nanos(absl::Time time) { return absl::ToUnixNanos(time); }

}  // namespace

NameServers::NameServers(ResolvConf conf)
    : conf_(std::move(conf)), memory_(std::make_unique<Memory[]>(conf_.servers.size())) {}

std::vector<uint8_t> NameServers::Order(uint64_t turn) const {
  std::vector<uint8_t> order;
  const size_t first = conf_.rotate ? turn % size() : 0;
  for (size_t i = 0; i < size(); ++i) order.push_back(static_cast<uint8_t>((first + i) % size()));
  std::stable_partition(order.begin(), order.end(), [this](uint8_t at) { return !silent(at); });
  return order;
}

void NameServers::Heard(size_t server, absl::Time now) const {
  memory_[server].heard.store(Nanos(now), std::memory_order_relaxed);
  memory_[server].retry.store(0, std::memory_order_relaxed);
}

void NameServers::NotHeard(size_t server, absl::Time asked, absl::Time now) const {
  Memory& memory = memory_[server];
  if (memory.heard.load(std::memory_order_relaxed) >= Nanos(asked)) return;
  memory.retry.store(Nanos(now + limits::kNameServerRetry), std::memory_order_relaxed);
}

bool NameServers::silent(size_t server) const {
  return memory_[server].retry.load(std::memory_order_relaxed) != 0;
}

std::optional<size_t> NameServers::TakeRetry(absl::Time now) const {
  for (size_t i = 0; i < size(); ++i) {
    int64_t due = memory_[i].retry.load(std::memory_order_relaxed);
    if (due == 0 || due > Nanos(now)) continue;
    const int64_t next = Nanos(now + limits::kNameServerRetry);
    if (memory_[i].retry.compare_exchange_strong(due, next, std::memory_order_relaxed)) return i;
  }
  return std::nullopt;
}

}  // namespace sluice
