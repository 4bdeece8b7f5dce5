#ifndef SLUICE_RELAY_SESSION_AUTH_H_
#define SLUICE_RELAY_SESSION_AUTH_H_

// How the user of a session has proved who it is: the log's field `auth`, and what rules ask for.
// Values only.

#include <cstdint>
#include <string_view>

#include "policy/decision.h"
#include "proto/handshake.h"

namespace sluice {

enum class SessionAuth : uint8_t { kUnknown, kNone, kPassword, kGssapi, kIdent };

constexpr std::string_view ToString(SessionAuth auth) {
  switch (auth) {
    case SessionAuth::kUnknown: return "";
    case SessionAuth::kNone: return "none";
    case SessionAuth::kPassword: return "password";
    case SessionAuth::kGssapi: return "gssapi";
    case SessionAuth::kIdent: return "ident";
  }
  return "?";
}

// What the choice of METHOD means, once it has led to a request or to credentials.
inline SessionAuth SessionAuthOf(const Handshake& handshake) {
  switch (handshake.method()) {
    case kMethodNone: return SessionAuth::kNone;
    case kMethodGssapi: return SessionAuth::kGssapi;
    case kMethodPassword: return SessionAuth::kPassword;
    default: break;
  }
  const bool socks4 =
      handshake.version() == Version::kSocks4 || handshake.version() == Version::kSocks4a;
  return socks4 ? SessionAuth::kNone : SessionAuth::kUnknown;
}

// Of a user who has not been turned away.
constexpr UserProof ProofOf(SessionAuth auth, std::string_view user) {
  if (user.empty()) return UserProof::kNone;
  if (auth == SessionAuth::kIdent) return UserProof::kIdent;
  return auth == SessionAuth::kNone ? UserProof::kClaimed : UserProof::kAuthenticated;
}

}  // namespace sluice

#endif  // SLUICE_RELAY_SESSION_AUTH_H_
