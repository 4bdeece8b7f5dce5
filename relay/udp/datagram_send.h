#ifndef SLUICE_RELAY_UDP_DATAGRAM_SEND_H_
#define SLUICE_RELAY_UDP_DATAGRAM_SEND_H_

// DatagramSend: datagrams to one destination, collected while they are equally long, which then go
// as one send. What was gathered goes where it is complete, and in the end with Flush: nothing
// waits for more to come. Bytes are the caller's and stay until Flush.
// One thread; lives on the stack of who receives a batch.

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "core/address.h"
#include "core/kernel.h"

namespace sluice {

class DatagramSend {
 public:
  explicit DatagramSend(Kernel& kernel) : kernel_(kernel) {}
  DatagramSend(const DatagramSend&) = delete;
  DatagramSend& operator=(const DatagramSend&) = delete;

  // `header` may be empty, and so may `data`.
  void Add(int fd, const Endpoint& to, absl::Span<const uint8_t> header,
           absl::Span<const uint8_t> data);
  void Flush();

  // What Linux took, and what it did not: a full socket drops, and so does a destination that
  // cannot be reached.
  uint64_t sent() const { return sent_; }
  uint64_t dropped() const { return dropped_; }
  uint64_t data_bytes() const { return data_bytes_; }  // of those that were taken

 private:
  bool Continues(int fd, const Endpoint& to, size_t bytes) const;
  void AddPart(absl::Span<const uint8_t> bytes);

  Kernel& kernel_;
  int fd_ = -1;
  Endpoint to_;
  size_t header_bytes_ = 0;    // of each
  size_t datagram_bytes_ = 0;  // of each but perhaps the last
  size_t bytes_ = 0;           // of all
  uint32_t datagrams_ = 0;
  uint32_t parts_ = 0;
  bool complete_ = false;  // the last one was shorter
  uint64_t sent_ = 0;
  uint64_t dropped_ = 0;
  uint64_t data_bytes_ = 0;
  std::array<iovec, Kernel::kDatagramPartsMax> iovecs_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_DATAGRAM_SEND_H_
