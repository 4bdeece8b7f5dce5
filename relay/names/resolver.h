#ifndef SLUICE_RELAY_NAMES_RESOLVER_H_
#define SLUICE_RELAY_NAMES_RESOLVER_H_

// Resolver: names to addresses for one shard. Caches by the records' TTL within bounds, remembers
// failures briefly, and asks once for a name that several sessions want at a time. It allocates per
// name that is not cached, as c-ares does: the one exception to the rule that a client's path does
// not allocate, paid only by those who wait for the network anyway. One thread.

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/node_hash_map.h"
#include "core/counters.h"
#include "core/intrusive_list.h"
#include "core/loop.h"
#include "relay/names/name_lookup.h"

namespace sluice {

class Resolver : private NameLookup::Receiver {
 public:
  // Waits for one name. Embedded by who waits; destroying or unlinking it ends the wait.
  class Waiter : public ListNode {
   public:
    virtual void OnResolved(const NameAnswer& answer) = 0;

   protected:
    ~Waiter() = default;
  };

  Resolver(Loop& loop, NameLookup& lookup, Counters& counters)
      : loop_(loop), lookup_(lookup), counters_(counters) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The answer at once where it is known (valid until the loop's next turn), else nullptr, and
  // `waiter` is told later.
  const NameAnswer* Resolve(std::string_view name, Waiter& waiter);

 private:
  struct Entry : public ListNode {
    std::string_view name;  // the map's key
    bool pending = false;
    NameAnswer answer;
    absl::Time expires = absl::InfinitePast();
    IntrusiveList<Waiter> waiters;
  };

  void OnLookedUp(std::string_view name, const NameAnswer& answer) override;
  void MakeRoom();

  Loop& loop_;
  NameLookup& lookup_;
  Counters& counters_;
  absl::node_hash_map<std::string, Entry> entries_;
  // answered ones, oldest answer first; declared after entries_, so unlinked before they go
  IntrusiveList<Entry> by_age_;
  size_t pending_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_RESOLVER_H_
