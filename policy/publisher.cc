// Why a snapshot is never freed under a reader. The scheme is quiescent-state-based reclamation (P.
// E. McKenney and J. Slingwine, "Read-Copy Update", PDCS 1998; T. Hart et al., "Performance of
// Memory Reclamation for Lockless Synchronization", 2007): a reader says when it holds nothing, and
// what was unlinked before all of them said so is free.
//
//   reader                                  publisher
//   R1  e = epoch                           P1  current = new
//   R2  entered = e                         P2  epoch = E       (old is tagged E)
//   R3  use current …                       P3  every entered is kAway, or at least E?  then free
//   old R4  entered = kAway
//
// 1. A reader whose e is at least E read what P2 released, so it sees P1 as well: it cannot hold
// old.
// 2. Otherwise R2, R3 and P1, P3 are all seq_cst, so in their single order either P1 is before R3,
// and the reader got new; or R3 is before
//    P1, hence R2 before P3, and the publisher sees the reader inside with e < E and keeps old.
// 3. Where P3 sees a later kAway or a later e, that store released (R4, or R2 of the next turn)
// every use of old, and P3's load acquires
//    it: the uses happened before the free.
//
// A snapshot that comes back is retired as often as it was replaced, each time with the epoch of
// that moment, and each entry holds it. It is destroyed when the last holder lets go: not before
// its latest entry is given up, to which 1 to 3 apply as to any other; the epochs of earlier
// entries are smaller, so a reader that holds it from an earlier reign holds back the latest entry
// too. Others that hold it (a change that waits for its confirmation, a thread that asks it) read
// it by their own reference and need no epoch. Which of them destroys it does not matter: its uses
// by readers happened before the entry was given up, and giving it up is one of the decrements
// that the last one is ordered behind (std::shared_ptr counts with release and acquire).
//
// Cost: R2 is the only locked instruction on x86 (an xchg): a store must be seen before a later
// load, and nothing cheaper orders the two. seq_cst operations and no fence, because
// ThreadSanitizer cannot judge fences. Loads of P3 and stores of P1 may be slow: they run per
// reload.

#include "policy/publisher.h"

#include <utility>

namespace sluice {

Publisher::Publisher(std::shared_ptr<const Snapshot> first)
    : current_(first.get()), in_force_(std::move(first)) {}

Publisher::~Publisher() = default;

Publisher::Reader& Publisher::AddReader() {
  // NOLINTNEXTLINE: the constructor is private, make_unique cannot call it.
  readers_.push_back(std::unique_ptr<Reader>(new Reader(*this)));
  return *readers_.back();
}

void Publisher::Publish(std::shared_ptr<const Snapshot> snapshot) {
  const uint64_t epoch = epoch_.load(std::memory_order_relaxed) + 1;
  // Before the swap, since it may have to allocate.
  retired_.push_back({in_force_, epoch});
  current_.store(snapshot.get(), std::memory_order_seq_cst);
  epoch_.store(epoch, std::memory_order_release);
  in_force_ = std::move(snapshot);
  Collect();
}

size_t Publisher::Collect() {
  size_t passed = 0;
  while (passed < retired_.size() && AllHavePassed(retired_[passed].epoch)) ++passed;
  retired_.erase(retired_.begin(), retired_.begin() + static_cast<ptrdiff_t>(passed));
  return retired_.size();
}

bool Publisher::AllHavePassed(uint64_t epoch) const {
  for (const std::unique_ptr<Reader>& reader : readers_) {
    const uint64_t entered = reader->entered_.load(std::memory_order_seq_cst);
    if (entered != kAway && entered < epoch) return false;
  }
  return true;
}

}  // namespace sluice
