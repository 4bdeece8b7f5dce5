#include "tools/admin/store/request_inbox.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "glog/logging.h"
#include "tools/admin/store/bounds.h"

namespace sluice {

absl::Time RequestInbox::Now() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

void RequestInbox::Read(absl::Span<const AccessRecord> records, absl::Time now) {
  const std::lock_guard<std::mutex> lock(lock_);
  if (wake_ == nullptr) return;
  if (now - second_ >= absl::Seconds(1)) BeginSecond(now);
  in_second_ += static_cast<int64_t>(records.size());
  for (const AccessRecord& record : records) {
    if (++skipped_ < weight_) {
      ++sampled_out_;
      continue;
    }
    skipped_ = 0;
    if (waiting_ >= store_bounds::kRequestsWaitingMax) {
      ++lost_;
      continue;
    }
    if (batches_.empty() || batches_.back().revision != revision_ ||
        batches_.back().weight != weight_) {
      batches_.push_back({{}, revision_, weight_});
    }
    batches_.back().records.push_back(record);
    ++waiting_;
  }
  if (waiting_ > 0 && !std::exchange(woken_, true)) wake_();
}

// A burst is told once, when it begins.
void RequestInbox::BeginSecond(absl::Time now) {
  const int64_t most = store_bounds::kLogRequestsPerSecond;
  const bool adjacent = now - second_ < absl::Seconds(2);
  const int64_t came = adjacent ? in_second_ : 0;
  const auto weight = static_cast<uint32_t>(std::clamp<int64_t>((came + most - 1) / most, 1, 1000));
  if (weight > 1 && weight_ == 1) {
    LOG(WARNING) << "more than " << most << " sessions end in a second: the store keeps one of "
                 << weight << " of them, which stands for the others; the access log has them all";
  }
  weight_ = weight;
  second_ = now;
  in_second_ = 0;
}

RequestInbox::Batch RequestInbox::Take() {
  const std::lock_guard<std::mutex> lock(lock_);
  woken_ = false;
  if (batches_.empty()) return {};
  Batch batch = std::move(batches_.front());
  batches_.erase(batches_.begin());
  waiting_ -= batch.records.size();
  return batch;
}

void RequestInbox::NotTaken() { woken_ = false; }

void RequestInbox::SetRevision(int64_t revision) {
  const std::lock_guard<std::mutex> lock(lock_);
  revision_ = revision;
}

void RequestInbox::Close() {
  const std::lock_guard<std::mutex> lock(lock_);
  wake_ = nullptr;
}

}  // namespace sluice
