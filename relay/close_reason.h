#ifndef SLUICE_RELAY_CLOSE_REASON_H_
#define SLUICE_RELAY_CLOSE_REASON_H_

// How a session ends: who ended it, in which state, and a fixed sentence that says why. Log, metric
// and console use these words. Values only.

#include <cstdint>
#include <string_view>

namespace sluice {

enum class EndedBy : uint8_t {
  kNobody,
  kClient,
  kTarget,
  kPolicy,
  kLimit,
  kTimeout,
  kOperator,
  kGateway
};

// Named for what the session waits for; it only moves forward.
enum class SessionState : uint8_t {
  kHandshake,        // bytes of the client, until its request is complete or its credentials are
  kAuthentication,   // the verdict on its credentials
  kRequest,          // bytes of the client, until its request is complete, after that verdict
  kIdentification,   // the client's ident server
  kResolution,       // the addresses of the requested name
  kConnection,       // the target, to answer a connection attempt
  kPeer,             // the application server, to connect to the port of a BIND
  kReplyDelivery,    // the success reply and early data to be taken
  kAssociation,      // the end of the connection that controls a UDP association
  kRelay,            // bytes in both directions
  kHalfClosed,       // the end of the other direction, after a FIN in one
  kFailureDelivery,  // the client, to read why it was refused and to close
  kQuiescence,       // the last operation in the kernel's hands
};

constexpr std::string_view ToString(EndedBy by) {
  switch (by) {
    case EndedBy::kNobody: return "nobody";
    case EndedBy::kClient: return "client";
    case EndedBy::kTarget: return "target";
    case EndedBy::kPolicy: return "policy";
    case EndedBy::kLimit: return "limit";
    case EndedBy::kTimeout: return "timeout";
    case EndedBy::kOperator: return "operator";
    case EndedBy::kGateway: return "gateway";
  }
  return "?";
}

constexpr std::string_view ToString(SessionState state) {
  switch (state) {
    case SessionState::kHandshake: return "handshake";
    case SessionState::kAuthentication: return "authentication";
    case SessionState::kRequest: return "request";
    case SessionState::kIdentification: return "identification";
    case SessionState::kResolution: return "resolution";
    case SessionState::kConnection: return "connection";
    case SessionState::kPeer: return "peer";
    case SessionState::kReplyDelivery: return "reply_delivery";
    case SessionState::kAssociation: return "association";
    case SessionState::kRelay: return "relay";
    case SessionState::kHalfClosed: return "half_closed";
    case SessionState::kFailureDelivery: return "failure_delivery";
    case SessionState::kQuiescence: return "quiescence";
  }
  return "?";
}

}  // namespace sluice

#endif  // SLUICE_RELAY_CLOSE_REASON_H_
