#ifndef SLUICE_TESTS_TRANSCRIPTS_TRANSCRIPT_BYTES_H_
#define SLUICE_TESTS_TRANSCRIPTS_TRANSCRIPT_BYTES_H_

// Bytes on the wire as a transcript writes them, and as a player needs them.
//
//   05 01 00   hexadecimal pairs            "ab\r\n\x00"   quoted bytes
//   ..         any one byte (server only)   @"echo.test"   quoted bytes after one octet of length
//   {echo.addr4} {echo.addr6} {echo.port}   where target `echo` is: 4, 16 and 2 bytes; inside
//   quotes,
//                                           as text
//   TOKEN*N    N times
//
// Values; any thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/address.h"

namespace sluice {

// Where a player has put a target.
struct Placement {
  Address addr4;
  Address addr6;
  uint16_t port = 0;  // of both
};

// Every target of a transcript, by name.
using Stage = std::map<std::string, Placement, std::less<>>;

// Bytes with holes.
struct WirePattern {
  std::string bytes;
  std::vector<bool> any;  // as long as bytes

  size_t size() const { return bytes.size(); }
  bool Matches(std::string_view seen) const;
  // Whether what was seen could still become a match.
  bool MatchesSoFar(std::string_view seen) const;
  void Append(const WirePattern& more);
  // `05 00 .. 65`, for messages of failed tests; long ones are cut.
  std::string ToString() const;
};

// Seen bytes in the same notation.
std::string HexOf(std::string_view bytes);

// One run of bytes, parsed and checked; Expand fills in the placeholders.
class TranscriptBytes {
 public:
  // `targets` are the names that placeholders may use. Wildcards only where `wildcards`.
  static absl::StatusOr<TranscriptBytes> Parse(std::string_view text,
                                               const std::vector<std::string>& targets,
                                               bool wildcards);

  WirePattern Expand(const Stage& stage) const;
  bool empty() const { return tokens_.empty(); }

 private:
  struct Token {
    enum class Kind : uint8_t { kBytes, kAny, kQuoted, kSized, kAddr4, kAddr6, kPort };
    Kind kind = Kind::kBytes;
    std::string text;  // bytes; what stood in quotes, before FillIn; the name of the target
    size_t times = 1;
  };

  static absl::StatusOr<Token> ParseToken(std::string_view* text);
  static std::string ExpandOnce(const Token& token, const Stage& stage);

  std::vector<Token> tokens_;
};

// `text` with `{echo.addr4}`, `{echo.addr6}` and `{echo.port}` written as text. Other braces are
// left as they are. Error where the target is not on the stage.
absl::StatusOr<std::string> FillIn(std::string_view text, const Stage& stage);

}  // namespace sluice

#endif  // SLUICE_TESTS_TRANSCRIPTS_TRANSCRIPT_BYTES_H_
