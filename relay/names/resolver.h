#ifndef SLUICE_RELAY_NAMES_RESOLVER_H_
#define SLUICE_RELAY_NAMES_RESOLVER_H_

// Resolver: names to addresses for one shard. The hosts file first, then the name servers, A and
// AAAA apart (RFC 8305 section 3). Caches each family by its records' TTL within bounds, remembers
// failures briefly, and asks once for a name that several sessions want at a time.
//
// What a client says is what is asked: no search domain, no alias, no address of the gateway's own
// invention for `localhost`; rules by name would be passed by.
//
// It allocates per name that is not cached, as c-ares does: the one exception to the rule that a
// client's path does not allocate, paid only by those who wait for the network anyway. One thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "core/counters.h"
#include "core/intrusive_list.h"
#include "core/loop.h"
#include "relay/names/name_lookup.h"
#include "relay/names/name_places.h"
#include "relay/names/name_question.h"

namespace sluice {

struct NameAnswer {
  enum class Status : uint8_t {
    kFound,     // at least one address
    kNotFound,  // the name does not exist, or has no address
    kFailed,    // no answer: servers unreachable, refused or broken; worth another try soon
    kNoPlace,   // not asked: as many names are as may be, of this source or of all
  };
  Status status = Status::kFailed;
  std::vector<Address> addresses;  // in the order to try (RFC 6724)
  // Whether this is all. Else it is kFound, and one family is still waited for.
  bool complete = true;
};

class Resolver : private NameLookup::Receiver {
 public:
  // Waits for one name. Embedded by who waits; destroying or unlinking it ends the wait.
  class Waiter : public ListNode {
   public:
    // Twice at most: with what one family has, 50 ms after it came where the other is slower, and
    // then with all, unless it was unlinked in between.
    virtual void OnResolved(const NameAnswer& answer) = 0;
    // Would rather have both families, as far as 50 ms bring them: whoever listens for a peer
    // cannot add an address later.
    virtual bool patient() const { return false; }

   protected:
    ~Waiter() = default;
  };

  // All outlive it.
  Resolver(Loop& loop, NameLookup& lookup, Sources& sources, Counters& counters);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The answer at once where it is known, good until the next call, else nullptr. `waiter` is told
  // later where it is not known, or not complete. A name that has to be asked is on `account`.
  const NameAnswer* Resolve(std::string_view name, const NameAccount& account, Waiter& waiter);

  // Ends all questions, for the end of the shard. Nobody waits any more.
  void Stop();
  // Takes what the lookup has read anew, if anything. On every wake-up of the shard.
  void TakeSources();

 private:
  struct Family {
    FamilyAnswer::Status status = FamilyAnswer::Status::kUnanswered;
    std::vector<Address> addresses;
    absl::Time expires = absl::InfinitePast();
  };
  struct Entry;
  // What a name has only while it is asked.
  class Asking;
  struct Entry : public ListNode {
    std::string_view name;           // the map's key
    std::array<Family, 2> families;  // by AddressFamily
    NameAnswer answer;               // of both
    bool reachable = false;          // its first address
    std::unique_ptr<Asking> asking;
    IntrusiveList<Waiter> waiters;
  };

  const NameAnswer* FromHosts(const std::string& key);
  bool IsFresh(const Family& family) const { return family.expires > loop_.now(); }
  bool Ask(Entry& entry, const NameAccount& account);
  // What is not known, or everything.
  void StartQuestions(Entry& entry, bool all);
  void OnAsked(uint64_t ticket, size_t server, const FamilyAnswer& answer) override;
  void Learn(Entry& entry, NameQuestion& question, const FamilyAnswer& answer);
  void Conclude(Entry& entry);
  void Merge(Entry& entry);
  bool MayGoOn(const Entry& entry) const;
  void TellSome(Entry& entry);
  void TellAll(Entry& entry);
  void MakeRoom();

  Loop& loop_;
  NameLookup& lookup_;
  Counters& counters_;
  NameSources sources_;
  NamePlaces places_;
  NameAnswer from_hosts_;
  absl::node_hash_map<std::string, Entry> entries_;
  // those that are not asked, oldest answer first; declared after entries_, so unlinked before they
  // go
  IntrusiveList<Entry> by_age_;
  absl::flat_hash_map<uint64_t, NameQuestion*> questions_;  // by first_ticket() / kTickets
  uint64_t next_question_ = 1;
  uint64_t turn_ = 0;  // names that were asked
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_RESOLVER_H_
