#ifndef SLUICE_CORE_URING_BUFFERS_H_
#define SLUICE_CORE_URING_BUFFERS_H_

// UringBuffers: the pool of receive buffers as a provided buffer ring (Linux 5.19).
//
// A small hot set is kept in the ring, so that what is received stays in the cache. Buffers that
// slow readers hold are replaced from a reserve, so that stuck tunnels do not starve the others;
// its memory is touched only then. What comes back last is used first. One thread, the ring's.

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace sluice {

class UringBuffers {
 public:
  static constexpr uint16_t kGroup = 0;

  UringBuffers() = default;
  UringBuffers(const UringBuffers&) = delete;
  UringBuffers& operator=(const UringBuffers&) = delete;
  // The ring must have been closed: Linux puts bytes into its buffers until then.
  ~UringBuffers();

  // Keeps `hot` buffers ready, and up to `max` in all. Once.
  absl::Status Open(io_uring& ring, int hot, int max, size_t bytes_each);

  uint8_t* Bytes(int32_t buffer) { return memory_ + static_cast<size_t>(buffer) * bytes_each_; }
  size_t bytes_each() const { return bytes_each_; }
  // In the ring after the next Restock.
  int free() const;

  // Linux has put bytes into it, and it now belongs to whoever received them.
  void Lend(int32_t buffer);
  void Return(int32_t buffer);
  // Fills the ring up to the hot count, with one store for all that is added.
  void Restock();

 private:
  int32_t TakeSpare();

  io_uring_buf_ring* ring_entries_ = nullptr;
  unsigned ring_entries_count_ = 0;
  uint8_t* memory_ = nullptr;
  size_t bytes_each_ = 0;
  int hot_ = 0;
  int max_ = 0;

  int in_ring_ = 0;             // counts those that Linux has filled and Lend has not seen yet
  int touched_ = 0;             // buffers below it have been in the ring
  std::vector<int32_t> spare_;  // neither in the ring nor lent; the last one is the warmest
  std::vector<bool> lent_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_URING_BUFFERS_H_
