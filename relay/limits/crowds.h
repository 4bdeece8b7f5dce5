#ifndef SLUICE_RELAY_LIMITS_CROWDS_H_
#define SLUICE_RELAY_LIMITS_CROWDS_H_

// Crowds: the unfinished handshakes of one shard, those of each source in the order in which they
// came, for the time when no place is left: then the oldest of the source that has the most is the
// one to go. How many a source has is what Sources says, so those of all shards count.
//
// Joining and leaving cost a few pointers. Finding the greediest looks at a bounded number: crowds
// are kept by the power of two of their source's count, as it was when one of them here came or
// left, and put right when they are looked at. One thread, the shard's.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/intrusive_list.h"
#include "core/slab.h"
#include "relay/limits/sources.h"

namespace sluice {

class Crowds {
  struct Crowd;

 public:
  // An unfinished handshake. Embedded by whoever has it; leaves before it is destroyed.
  class Member : public ListNode {
   public:
    // There is no place left, and no source has as many as this one's. Ends it, perhaps later.
    virtual void OnCrowdedOut() = 0;

   protected:
    ~Member() = default;

   private:
    friend class Crowds;
    Crowd* crowd_ = nullptr;
  };

  // `most`: members at a time.
  Crowds(const Sources& sources, size_t most);
  Crowds(const Crowds&) = delete;
  Crowds& operator=(const Crowds&) = delete;

  // `source` counts the member among its handshakes already, and still does when it leaves.
  void Join(Member& member, Source& source);
  void Leave(Member& member);

  // The oldest member of the source with the most unfinished handshakes, of those that have members
  // here; null where none has `at_least` so many.
  Member* Greediest(int at_least);

 private:
  struct Crowd : public ListNode {
    explicit Crowd(Source& s) : source(s) {}
    int size() const { return source.held(Holding::kHandshakes); }
    Source& source;
    size_t rank = 0;
    IntrusiveList<Member> members;  // oldest first
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  void Rank(Crowd& crowd);

  const Sources& sources_;
  std::unique_ptr<Crowd*[], Free> crowd_of_source_;  // by its index
  std::array<IntrusiveList<Crowd>, 33> ranks_;       // by the bits of their size
  Slab<Crowd> crowds_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LIMITS_CROWDS_H_
