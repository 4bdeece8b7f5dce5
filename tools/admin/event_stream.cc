#include "tools/admin/event_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

void EventStream::Put(std::string_view event) {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    if (ended_ || closed_) return;
    if (dropped_ > 0 || waiting_.size() + event.size() > bytes_max_) {
      // Nothing goes in before the reader has heard that something is missing.
      ++dropped_;
    } else {
      waiting_.append(event);
    }
  }
  Wake();
}

void EventStream::End() {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    ended_ = true;
  }
  Wake();
}

std::string EventStream::Take() {
  const std::lock_guard<std::mutex> lock(lock_);
  std::string taken = std::exchange(waiting_, {});
  if (dropped_ > 0)
    absl::StrAppend(&taken, "event: dropped\ndata: {\"n\":", std::exchange(dropped_, 0), "}\n\n");
  return taken;
}

bool EventStream::ended() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return ended_;
}

bool EventStream::closed() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return closed_;
}

void EventStream::Close() {
  WakeBy(nullptr);
  const std::lock_guard<std::mutex> lock(lock_);
  closed_ = true;
  waiting_ = {};
}

void EventStream::WakeBy(std::function<void()> wake) {
  const std::lock_guard<std::mutex> lock(wake_lock_);
  wake_ = std::move(wake);
}

// Under its own lock, so that nobody is woken who has left.
void EventStream::Wake() {
  const std::lock_guard<std::mutex> lock(wake_lock_);
  if (wake_ != nullptr) wake_();
}

}  // namespace sluice
