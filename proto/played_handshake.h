#ifndef SLUICE_PROTO_PLAYED_HANDSHAKE_H_
#define SLUICE_PROTO_PLAYED_HANDSHAKE_H_

// A whole handshake played from given bytes, and all that can be seen of it, so that two ways of
// delivering the same bytes can be compared. For tests and the fuzz driver.

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handshake.h"

namespace sluice {

struct PlayedHandshake {
  enum class End : uint8_t {
    kWaiting,  // for more bytes
    kDecide,   // a complete request
    kClosed,   // refused or closed; which of the two depends on what was still to be sent
  };

  End end = End::kWaiting;
  size_t consumed = 0;
  std::string output;
  Version version = Version::kUnknown;
  Command command = Command::kConnect;
  std::string name;
  Endpoint target;
  std::string user_id;
  uint8_t method = 0;
  std::string user;  // as authenticated or rejected; empty where nobody was asked for
  std::string password;
  Rep rep = Rep::kSucceeded;
  std::string why;

  bool operator==(const PlayedHandshake&) const = default;
};

// An authenticator: a rule of which both answers are near, so that mutated input meets both. True
// where the last byte of the password is even.
bool IsEvenPassword(const Credentials& credentials);

// Feeds `bytes` in pieces that end at the offsets `cuts` (ascending) and at the end of `bytes`, and
// takes the output after each piece. Credentials are good where IsEvenPassword says so.
PlayedHandshake PlayHandshake(const Handshake::Options& options, std::string_view bytes,
                              const std::vector<size_t>& cuts = {});

// The cuts of a delivery byte by byte.
std::vector<size_t> CutEverywhere(size_t size);

std::ostream& operator<<(std::ostream& out, const PlayedHandshake& played);

}  // namespace sluice

#endif  // SLUICE_PROTO_PLAYED_HANDSHAKE_H_
