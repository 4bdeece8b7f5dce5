#ifndef SLUICE_TOOLS_ADMIN_STORE_REQUEST_INBOX_H_
#define SLUICE_TOOLS_ADMIN_STORE_REQUEST_INBOX_H_

// RequestInbox: where the access log's thread leaves its records for the thread that writes the
// store. Bounded in what waits, and in how many a second it takes: beyond that only every n-th is
// kept, and stands for n. It may outlive the store; then it takes nothing.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "relay/log/record_reader.h"

namespace sluice {

class RequestInbox final : public RecordReader {
 public:
  struct Batch {
    std::vector<AccessRecord> records;
    int64_t revision = 0;
    uint32_t weight = 1;
  };

  // `wake`: something has come into an empty inbox; must not wait.
  explicit RequestInbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void Read(absl::Span<const AccessRecord> records) override { Read(records, Now()); }
  // At that time of the process's clock.
  void Read(absl::Span<const AccessRecord> records, absl::Time now);

  // All that waits: of one revision and one weight, so there may be more behind it.
  Batch Take();
  // Nobody came for what `wake` told of.
  void NotTaken();
  // Of those that come from now on.
  void SetRevision(int64_t revision);
  void Close();

  uint64_t lost() const { return lost_; }
  uint64_t sampled_out() const { return sampled_out_; }

 private:
  static absl::Time Now();
  void BeginSecond(absl::Time now);

  std::mutex lock_;
  std::function<void()> wake_;  // null: closed
  bool woken_ = false;
  std::vector<Batch> batches_;
  size_t waiting_ = 0;  // records of them
  int64_t revision_ = 0;

  // --- How many come
  absl::Time second_ = absl::InfinitePast();  // its beginning
  int64_t in_second_ = 0;
  uint32_t weight_ = 1;  // of this second, by what came in the one before
  uint32_t skipped_ = 0;

  std::atomic<uint64_t> lost_ = 0;
  std::atomic<uint64_t> sampled_out_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_REQUEST_INBOX_H_
