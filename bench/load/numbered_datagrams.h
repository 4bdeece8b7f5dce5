#ifndef SLUICE_BENCH_LOAD_NUMBERED_DATAGRAMS_H_
#define SLUICE_BENCH_LOAD_NUMBERED_DATAGRAMS_H_

// NumberedDatagrams: requests that differ by their number only: a header, eight bytes of number,
// and a pattern up to the size. Collected, and sent by one system call. One thread may use one for
// all its associations.

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::load {

class NumberedDatagrams {
 public:
  static constexpr size_t kNumberBytes = 8;

  // `payload_bytes`: at least kNumberBytes. `trains`: all in one piece, which Linux cuts into
  // datagrams as late as it can (UDP_SEGMENT); else each for itself.
  NumberedDatagrams(std::string_view header, size_t payload_bytes, bool trains);
  NumberedDatagrams(const NumberedDatagrams&) = delete;
  NumberedDatagrams& operator=(const NumberedDatagrams&) = delete;

  bool full() const { return count_ == kept_; }
  // Only where it is not full.
  void Add(uint64_t number);
  // Sends what was added to a connected socket. What finds no room is lost.
  void Flush(int fd);

  // The number in a payload that came back; nothing where it is not as it was sent.
  std::optional<uint64_t> NumberOf(std::string_view payload) const;

 private:
  static constexpr size_t kDatagramsMax = 64;      // UDP_MAX_SEGMENTS of older kernels
  static constexpr size_t kTrainBytesMax = 64000;  // of one send

  size_t size() const { return header_bytes_ + payload_bytes_; }
  char* At(size_t index) { return bytes_.data() + index * size(); }

  const size_t header_bytes_;
  const size_t payload_bytes_;
  const bool trains_;
  const size_t kept_;  // datagrams that there is room for
  std::string bytes_;  // complete datagrams, but for their numbers
  size_t count_ = 0;
  std::array<mmsghdr, kDatagramsMax> messages_{};
  std::array<iovec, kDatagramsMax> parts_{};
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_NUMBERED_DATAGRAMS_H_
