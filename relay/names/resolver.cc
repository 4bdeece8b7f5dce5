#include "relay/names/resolver.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "core/limits.h"

namespace sluice {
namespace {

const NameAnswer& Overloaded() {
  static const NameAnswer* const kAnswer =
      new NameAnswer{NameAnswer::Status::kFailed, {}, absl::ZeroDuration()};
  return *kAnswer;
}

absl::Duration Lifetime(const NameAnswer& answer) {
  if (answer.status != NameAnswer::Status::kFound) return limits::kResolverTtlNegative;
  return std::clamp(answer.ttl, limits::kResolverTtlMin, limits::kResolverTtlMax);
}

// Names are the same whatever their case, with or without the final dot (RFC 4343).
std::string CacheKey(std::string_view name) {
  std::string key(name);
  if (key.size() > 1 && key.back() == '.') key.pop_back();
  absl::AsciiStrToLower(&key);
  return key;
}

}  // namespace

const NameAnswer* Resolver::Resolve(std::string_view name, Waiter& waiter) {
  const std::string key = CacheKey(name);
  auto [found, inserted] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (inserted) entry.name = found->first;
  if (!entry.pending && entry.expires > loop_.now()) {
    counters_.resolver_cache_hits.Add(1);
    return &entry.answer;
  }
  if (!entry.pending) {
    if (pending_ >= limits::kResolverQueriesMax) {
      if (inserted) entries_.erase(found);
      counters_.resolver_failures.Add(1);
      return &Overloaded();
    }
    entry.pending = true;
    entry.Unlink();
    ++pending_;
    counters_.resolver_queries.Add(1);
    MakeRoom();
    lookup_.Start(key, *this);
    if (!entry.pending) return &entry.answer;
  }
  entry.waiters.PushBack(waiter);
  return nullptr;
}

void Resolver::OnLookedUp(std::string_view name, const NameAnswer& answer) {
  auto found = entries_.find(std::string(name));
  if (found == entries_.end() || !found->second.pending) return;
  Entry& entry = found->second;
  entry.pending = false;
  --pending_;
  entry.answer = answer;
  entry.expires = loop_.now() + Lifetime(answer);
  by_age_.PushBack(entry);
  if (answer.status != NameAnswer::Status::kFound) counters_.resolver_failures.Add(1);
  // Who is told may ask for another name; entries have stable addresses, and one that was just
  // answered is the last to go.
  while (!entry.waiters.empty()) entry.waiters.PopFront().OnResolved(entry.answer);
}

void Resolver::MakeRoom() {
  while (entries_.size() > limits::kResolverCacheEntries && !by_age_.empty()) {
    entries_.erase(std::string(by_age_.PopFront().name));
  }
}

}  // namespace sluice
