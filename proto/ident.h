#ifndef SLUICE_PROTO_IDENT_H_
#define SLUICE_PROTO_IDENT_H_

// The identification protocol (RFC 1413) from the side that asks: whose connection is this? The
// query's text, and the answer as it arrives. An answer is an assertion of the host that gives it,
// no authentication: whoever rules that host says what it likes. Pure; nothing is allocated; one
// thread at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "core/limits.h"

namespace sluice {

// The query (RFC 1413 section 3): the port of the connection on the host that is asked, and on
// ours.
//
//   "6193 , 23" CR LF
class IdentQueryText {
 public:
  IdentQueryText(uint16_t their_port, uint16_t our_port);
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 16> bytes_;
  uint8_t size_ = 0;
};

// The answer (RFC 1413 section 6), a line:
//
//   6193 , 23 : USERID : UNIX :stjohns             user id: all after the third colon
//   6193 , 23 : USERID : UNIX , US-ASCII : x       the operating system may name a character set
//   6193 , 23 : ERROR : NO-USER
//
// White space may stand around every token, but belongs to the user id where it stands in front of
// it.
class IdentAnswer {
 public:
  enum class Outcome : uint8_t {
    kMore,    // the line goes on
    kUserId,  // user_id() has it
    kError,   // the host says that it does not say: error() has the word
    kBroken,  // not an answer, not to this query, or too long
  };

  IdentAnswer(uint16_t their_port, uint16_t our_port)
      : their_port_(their_port), our_port_(our_port) {}

  // Stops at the end of the line. Not to be called after another outcome than kMore.
  Outcome Feed(absl::Span<const uint8_t> bytes);

  // Any octets but NUL, CR and LF, at least one; views into this object. For logs only escaped.
  std::string_view user_id() const { return user_id_; }
  std::string_view error() const { return error_; }

  // Whether it is the user that was claimed. Servers in use write a space before the user id, so
  // one that only has it in front is the same.
  bool Is(std::string_view claimed) const;

 private:
  Outcome OnLine(std::string_view line);

  const uint16_t their_port_;
  const uint16_t our_port_;
  size_t size_ = 0;
  std::string_view user_id_;
  std::string_view error_;
  std::array<char, limits::kIdentAnswerBytesMax> line_;
};

}  // namespace sluice

#endif  // SLUICE_PROTO_IDENT_H_
