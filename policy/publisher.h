#ifndef SLUICE_POLICY_PUBLISHER_H_
#define SLUICE_POLICY_PUBLISHER_H_

// Publisher: swaps the current Snapshot under running shards. Readers never lock, wait or free; the
// publisher never waits for a reader. An old snapshot is given up on the publisher's thread, in a
// later Publish or Collect, once every reader has passed it; whoever else holds it may bring it
// back by publishing it again, which compiles nothing and cannot fail. It is not a general RCU: one
// pointer, few readers that are known before they start. Threads: each Reader belongs to one
// thread; everything else to the owner's, one call at a time.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "policy/snapshot.h"

namespace sluice {

class Publisher {
 public:
  // Two lines: the neighbour is fetched along with it (Intel's spatial prefetcher).
  static constexpr size_t kReaderAlignment = 128;

  // One shard's registration.
  class alignas(kReaderAlignment) Reader {
   public:
    // The current snapshot; what an earlier Enter gave is given up. Good until Leave or the next
    // Enter. Wait-free.
    const Snapshot& Enter() {
      // The order of these three lines is argued in publisher.cc.
      const uint64_t epoch = publisher_.epoch_.load(std::memory_order_acquire);
      entered_.store(epoch, std::memory_order_seq_cst);
      return *publisher_.current_.load(std::memory_order_seq_cst);
    }
    // Before the shard may sleep, so that it never holds back a free. Wait-free.
    void Leave() { entered_.store(kAway, std::memory_order_release); }

   private:
    friend class Publisher;
    explicit Reader(const Publisher& publisher) : publisher_(publisher) {}

    const Publisher& publisher_;
    std::atomic<uint64_t> entered_{kAway};  // the epoch read by the last Enter
  };

  explicit Publisher(std::shared_ptr<const Snapshot> first);
  // No reader may be inside.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Before the reader's thread starts. The reader lives as long as the publisher.
  Reader& AddReader();

  // Swaps it in, be it new or one from before, and gives up what every reader has passed.
  void Publish(std::shared_ptr<const Snapshot> snapshot);
  // Gives up what every reader has passed. Returns how many old snapshots are still held.
  size_t Collect();
  // Those that are not given up yet.
  size_t old() const { return retired_.size(); }

  // For the owner, who alone may replace it.
  const Snapshot& current() const { return *in_force_; }
  // Who holds it may publish it again.
  const std::shared_ptr<const Snapshot>& in_force() const { return in_force_; }

 private:
  static constexpr uint64_t kAway = 0;

  struct Retired {
    std::shared_ptr<const Snapshot> snapshot;
    uint64_t epoch;  // the first epoch whose readers cannot hold it
  };

  bool AllHavePassed(uint64_t epoch) const;

  // Read by every Enter, written by Publish: together on a line of their own.
  alignas(kReaderAlignment) std::atomic<const Snapshot*> current_;
  std::atomic<uint64_t> epoch_{kAway + 1};

  alignas(kReaderAlignment) std::vector<std::unique_ptr<Reader>> readers_;
  std::shared_ptr<const Snapshot> in_force_;  // what current_ points to
  std::vector<Retired> retired_;              // oldest first
};

}  // namespace sluice

#endif  // SLUICE_POLICY_PUBLISHER_H_
