#ifndef SLUICE_TOOLS_ADMIN_LOG_LISTENER_H_
#define SLUICE_TOOLS_ADMIN_LOG_LISTENER_H_

// LogListener: hands what the access log's thread has written on to events, and to one more reader.
// It is there before the events are, and after them, since that thread may be left behind in Linux.

#include <memory>
#include <mutex>
#include <utility>

#include "relay/log/record_reader.h"
#include "tools/admin/events.h"

namespace sluice {

class LogListener final : public RecordReader {
 public:
  // `next`: may be null.
  explicit LogListener(std::shared_ptr<RecordReader> next) : next_(std::move(next)) {}

  // From now on these hear of it; null: nobody any more. Any thread.
  void Tell(Events* events) {
    const std::lock_guard<std::mutex> lock(lock_);
    events_ = events;
  }

  void Read(absl::Span<const AccessRecord> records) override {
    if (next_ != nullptr) next_->Read(records);
    const std::lock_guard<std::mutex> lock(lock_);
    if (events_ == nullptr) return;
    for (const AccessRecord& record : records) events_->SayLog(record);
  }

 private:
  const std::shared_ptr<RecordReader> next_;
  std::mutex lock_;
  Events* events_ = nullptr;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_LOG_LISTENER_H_
