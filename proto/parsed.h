#ifndef SLUICE_PROTO_PARSED_H_
#define SLUICE_PROTO_PARSED_H_

// What a message's parser says after each piece of it. A value; any thread.

#include <cstdint>
#include <string_view>

#include "proto/socks_request.h"

namespace sluice {

struct Parsed {
  enum class Outcome : uint8_t {
    kMore,    // every byte was consumed and the message is not complete
    kDone,    // the message is complete, and not one byte after it was consumed
    kRefuse,  // answer `rep`, then close
    kClose,   // close without an answer
  };

  static constexpr Parsed More() { return {}; }
  static constexpr Parsed Done() { return {Outcome::kDone, Rep::kSucceeded, {}}; }
  static constexpr Parsed Refuse(Rep rep, std::string_view why) {
    return {Outcome::kRefuse, rep, why};
  }
  static constexpr Parsed Close(std::string_view why) {
    return {Outcome::kClose, Rep::kSucceeded, why};
  }

  Outcome outcome = Outcome::kMore;
  Rep rep = Rep::kSucceeded;
  std::string_view why;  // a sentence of the program's text, never of the client's
};

}  // namespace sluice

#endif  // SLUICE_PROTO_PARSED_H_
