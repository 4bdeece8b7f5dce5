#ifndef SLUICE_RELAY_UDP_HELD_DATAGRAMS_H_
#define SLUICE_RELAY_UDP_HELD_DATAGRAMS_H_

// HeldDatagrams: what an association's client has sent to a name that is still looked up, in the
// order in which it came. Without it a client would wait for an answer, a second and longer, before
// it sends again. It allocates per datagram, as the resolver does per name, for those who wait for
// the network anyway. One thread.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/limits.h"

namespace sluice {

// Bytes that a shard may still hold: names for which nobody answers are no way to fill its memory.
using HoldRoom = size_t;

class HeldDatagrams {
 public:
  explicit HeldDatagrams(HoldRoom& room) : room_(room) {}
  ~HeldDatagrams() { room_ += bytes_; }
  HeldDatagrams(const HeldDatagrams&) = delete;
  HeldDatagrams& operator=(const HeldDatagrams&) = delete;

  // Copies it. False where there is no room for it.
  bool Add(absl::Span<const uint8_t> datagram) {
    if (datagrams_.size() == limits::kHeldDatagramsPerName ||
        bytes_ + datagram.size() > limits::kHeldBytesPerName)
      return false;
    if (datagram.size() > room_) return false;
    datagrams_.emplace_back(datagram.begin(), datagram.end());
    bytes_ += datagram.size();
    room_ -= datagram.size();
    return true;
  }

  const std::vector<std::vector<uint8_t>>& datagrams() const { return datagrams_; }

 private:
  HoldRoom& room_;
  size_t bytes_ = 0;
  std::vector<std::vector<uint8_t>> datagrams_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_HELD_DATAGRAMS_H_
