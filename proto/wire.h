#ifndef SLUICE_PROTO_WIRE_H_
#define SLUICE_PROTO_WIRE_H_

// Bytes on the wire, bounded: nothing here reads past what has arrived or writes past what there is
// room for, whatever it is asked. No protocol in it: socks4 and socks5 say what the bytes mean.
// Owns nothing but its own fixed arrays; any thread.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"

namespace sluice {

// Reads what has arrived, front to back.
class WireReader {
 public:
  explicit WireReader(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return at_ == bytes_.size(); }
  size_t left() const { return bytes_.size() - at_; }
  size_t consumed() const { return at_; }

  // The next byte; 0 where there is none.
  uint8_t TakeByte() { return empty() ? 0 : bytes_[at_++]; }
  // The next `size` bytes where they are, or fewer if fewer have arrived.
  absl::Span<const uint8_t> Take(size_t size) {
    const absl::Span<const uint8_t> taken = bytes_.subspan(at_, size);
    at_ += taken.size();
    return taken;
  }

 private:
  absl::Span<const uint8_t> bytes_;
  size_t at_ = 0;
};

// A piece of known size that may arrive torn. One that arrives whole is read where it is; only a
// torn one is copied.
template <size_t kBytesMax>
class WirePiece {
 public:
  // The `size` bytes of the piece, or nothing until all of them have arrived. To be asked for the
  // same size until then; afterwards the next piece begins. What it returns lives until the next
  // call, and no longer than what `in` reads.
  absl::Span<const uint8_t> Collect(WireReader& in, size_t size) {
    size = std::min(size, kBytesMax);
    if (held_ == 0 && in.left() >= size) return in.Take(size);
    const absl::Span<const uint8_t> arrived = in.Take(size - held_);
    std::copy(arrived.begin(), arrived.end(), bytes_.begin() + held_);
    held_ = static_cast<uint8_t>(held_ + arrived.size());
    if (held_ < size) return {};
    held_ = 0;
    return absl::MakeConstSpan(bytes_.data(), size);
  }

 private:
  static_assert(kBytesMax > 0 && kBytesMax <= 255);
  std::array<uint8_t, kBytesMax> bytes_;
  uint8_t held_ = 0;
};

// Text that arrives byte by byte and is kept.
template <size_t kBytesMax>
class WireText {
 public:
  // False where there is no room: the text is as it was.
  bool Append(uint8_t byte) {
    if (size_ == kBytesMax) return false;
    bytes_[size_++] = static_cast<char>(byte);
    return true;
  }
  size_t size() const { return size_; }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  static_assert(kBytesMax <= 255);
  std::array<char, kBytesMax> bytes_;
  uint8_t size_ = 0;
};

// Big-endian, as the network has it.
constexpr uint16_t ReadU16(absl::Span<const uint8_t> two) {
  return static_cast<uint16_t>(two[0] << 8 | two[1]);
}

// Writes front to back; what does not fit is left out.
template <size_t kBytesMax>
class WireWriter {
 public:
  void Byte(uint8_t byte) {
    if (size_ < kBytesMax) bytes_[size_++] = byte;
  }
  void U16(uint16_t value) {
    Byte(static_cast<uint8_t>(value >> 8));
    Byte(static_cast<uint8_t>(value));
  }
  void Bytes(absl::Span<const uint8_t> bytes) {
    for (const uint8_t byte : bytes) Byte(byte);
  }
  void Clear() { size_ = 0; }
  absl::Span<const uint8_t> written() const { return absl::MakeConstSpan(bytes_.data(), size_); }

 private:
  std::array<uint8_t, kBytesMax> bytes_;
  size_t size_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_PROTO_WIRE_H_
