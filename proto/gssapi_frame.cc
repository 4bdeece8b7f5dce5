#include "proto/gssapi_frame.h"

#include <algorithm>

#include "proto/wire.h"

namespace sluice {

void GssapiFrames::Append(absl::Span<const uint8_t> bytes) {
  // What was consumed makes room first, so that a long stream of frames does not grow the memory.
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(begin_));
  begin_ = 0;
  frame_size_ = 0;
  Grow(bytes_.size() + bytes.size());
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

// A token of 65,000 bytes that never ends is not to cost 128 KB.
void GssapiFrames::Grow(size_t needed) {
  if (needed <= bytes_.capacity()) return;
  size_t capacity = 2 * bytes_.capacity();
  if (bytes_.size() >= kGssapiHeaderBytes) {
    const size_t frame = kGssapiHeaderBytes + ReadU16(absl::MakeConstSpan(bytes_).subspan(2));
    capacity = std::min(capacity, frame);
  }
  bytes_.reserve(std::max(needed, capacity));
}

GssapiFrames::Outcome GssapiFrames::Next(GssapiMessage awaited) {
  if (!why_.empty()) return Outcome::kBroken;
  frame_size_ = 0;
  const absl::Span<const uint8_t> arrived = absl::MakeConstSpan(bytes_).subspan(begin_);
  if (arrived.empty()) return Outcome::kMore;
  if (arrived[0] != kGssapiVersion) return Break("the version of a GSSAPI message is not 1");
  if (arrived.size() < 2) return Outcome::kMore;
  if (arrived[1] == static_cast<uint8_t>(GssapiMessage::kAbort))
    return Break("the client aborted the GSSAPI exchange");
  if (arrived[1] != static_cast<uint8_t>(awaited))
    return Break("a GSSAPI message of another type than is due");
  if (arrived.size() < kGssapiHeaderBytes) return Outcome::kMore;
  const size_t token_bytes = ReadU16(arrived.subspan(2));
  if (token_bytes == 0) return Break("a GSSAPI message without a token");
  if (arrived.size() < kGssapiHeaderBytes + token_bytes) return Outcome::kMore;
  frame_size_ = kGssapiHeaderBytes + token_bytes;
  return Outcome::kFrame;
}

absl::Span<uint8_t> GssapiFrames::token() {
  if (frame_size_ == 0) return {};
  return absl::MakeSpan(bytes_).subspan(begin_ + kGssapiHeaderBytes,
                                        frame_size_ - kGssapiHeaderBytes);
}

void GssapiFrames::Consume() {
  begin_ += frame_size_;
  frame_size_ = 0;
}

GssapiFrames::Outcome GssapiFrames::Break(std::string_view why) {
  why_ = why;
  return Outcome::kBroken;
}

absl::Span<uint8_t> GssapiDatagramToken(absl::Span<uint8_t> datagram) {
  if (datagram.size() <= kGssapiHeaderBytes || datagram[0] != kGssapiVersion) return {};
  if (datagram[1] != static_cast<uint8_t>(GssapiMessage::kData)) return {};
  const absl::Span<uint8_t> token = datagram.subspan(kGssapiHeaderBytes);
  return ReadU16(datagram.subspan(2)) == token.size() ? token : absl::Span<uint8_t>();
}

void WriteGssapiHeader(absl::Span<uint8_t> header, GssapiMessage message, size_t token_bytes) {
  header[0] = kGssapiVersion;
  header[1] = static_cast<uint8_t>(message);
  header[2] = static_cast<uint8_t>(token_bytes >> 8);
  header[3] = static_cast<uint8_t>(token_bytes);
}

}  // namespace sluice
