#ifndef SLUICE_PROTO_GSSAPI_FRAME_H_
#define SLUICE_PROTO_GSSAPI_FRAME_H_

// GssapiFrames: the messages of GSSAPI in SOCKS5 (RFC 1961) as they arrive, cut anywhere, until
// each is whole, and the header of those that are sent. It does not know what a token means:
// relay/gss_layer does.
//
// RFC 1961 sections 3.4, 4.3 and 5:
//
//   +-----+------+-----+-----------------------+
//   | VER | MTYP | LEN |         TOKEN         |
//   +-----+------+-----+-----------------------+
//   |  01 |   1  |  2  | up to 2^16 - 1 octets |
//   +-----+------+-----+-----------------------+
//
// Section 3.8, the abort: VER and MTYP FF alone.
//
// Memory: what has arrived and was not consumed, never what a LEN only announces; it grows by
// doubling, but not beyond the frame that is awaited. At most one frame
// and one piece beyond it, as long as whoever drives it consumes whole frames before it appends the
// next piece. Any thread, one at a time.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace sluice {

inline constexpr uint8_t kGssapiVersion = 0x01;
inline constexpr size_t kGssapiHeaderBytes = 4;
inline constexpr size_t kGssapiTokenBytesMax = 65'535;

enum class GssapiMessage : uint8_t {
  kAuthentication = 0x01,   // a token of the security context
  kProtectionLevel = 0x02,  // one octet, wrapped
  kData = 0x03,             // SOCKS request, reply, or the user's bytes, wrapped
  kAbort = 0xff,
};

// RFC 1961 section 4.3. What curl asks for, 0 for no protection, is none of them.
enum class GssapiLevel : uint8_t { kIntegrity = 1, kConfidentiality = 2, kSelective = 3 };

class GssapiFrames {
 public:
  enum class Outcome : uint8_t { kMore, kFrame, kBroken };

  void Append(absl::Span<const uint8_t> bytes);
  // Frees what it holds; nothing more is appended.
  void Drop() { std::vector<uint8_t>().swap(bytes_), begin_ = frame_size_ = 0; }

  // Whether a message of the kind that is awaited is there. kBroken at the first byte that makes it
  // certain; why() says why. A broken stream has no next message.
  Outcome Next(GssapiMessage awaited);
  // After kFrame, until Consume or Append. May be overwritten: it is unwrapped where it is.
  absl::Span<uint8_t> token();
  // Ends that frame. Its token stays in place until Append.
  void Consume();

  // Bytes that arrived and were not consumed.
  size_t held() const { return bytes_.size() - begin_; }
  std::string_view why() const { return why_; }

 private:
  Outcome Break(std::string_view why);
  void Grow(size_t needed);

  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;       // of the message that is awaited
  size_t frame_size_ = 0;  // of a whole one; 0: not known to be whole
  std::string_view why_;
};

// The token of a datagram, which is one whole kData message; nothing where it is not. Section 5 for
// UDP.
absl::Span<uint8_t> GssapiDatagramToken(absl::Span<uint8_t> datagram);

// `token_bytes` ≤ kGssapiTokenBytesMax.
void WriteGssapiHeader(absl::Span<uint8_t> header, GssapiMessage message, size_t token_bytes);

}  // namespace sluice

#endif  // SLUICE_PROTO_GSSAPI_FRAME_H_
