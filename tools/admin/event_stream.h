#ifndef SLUICE_TOOLS_ADMIN_EVENT_STREAM_H_
#define SLUICE_TOOLS_ADMIN_EVENT_STREAM_H_

// EventStream: what one reader of events still has to get, as text/event-stream has it. Whoever has
// an event puts it in, on any thread; the server takes out what is there. It holds so many bytes
// and no more: what does not fit is dropped, counted, and the reader is told how much it was.

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "tools/admin/bounds.h"

namespace sluice {

class EventStream {
 public:
  explicit EventStream(size_t bytes_max = admin_bounds::kStreamBytesMax) : bytes_max_(bytes_max) {}
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // `event`: whole, with its empty line.
  void Put(std::string_view event);
  // Nothing comes any more: the reader gets what is there, and the end.
  void End();

  // --- For the server
  // What is there, and nothing where nothing is.
  std::string Take();
  bool ended() const;
  // Called after each Put and End, on their threads; once an empty one is set, never again.
  void WakeBy(std::function<void()> wake);
  // The server has let go of it: whoever puts in may forget it.
  bool closed() const;
  void Close();

 private:
  void Wake();

  const size_t bytes_max_;
  mutable std::mutex lock_;
  std::string waiting_;
  uint64_t dropped_ = 0;
  bool ended_ = false;
  bool closed_ = false;
  std::mutex wake_lock_;
  std::function<void()> wake_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_EVENT_STREAM_H_
