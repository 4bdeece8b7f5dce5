#ifndef SLUICE_RELAY_LOG_ACCESS_RECORD_H_
#define SLUICE_RELAY_LOG_ACCESS_RECORD_H_

// AccessRecord: what is known of a session when it ends, as a plain value that a shard can hand to
// another thread without allocating. One record becomes one line of the access log.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/time/time.h"
#include "core/address.h"
#include "core/limits.h"
#include "proto/handshake.h"
#include "relay/auth/authenticator.h"
#include "relay/close_reason.h"
#include "relay/session_auth.h"

namespace sluice {

// At most N bytes of text, by value. Longer text is cut: callers hold to the same limits.
template <size_t N>
class InlineText {
 public:
  void Set(std::string_view text) {
    size_ = static_cast<uint16_t>(text.size() < N ? text.size() : N);
    std::memcpy(bytes_.data(), text.data(), size_);
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  uint16_t size_ = 0;
  std::array<char, N> bytes_;
};

struct AccessRecord {
  absl::Time started;  // calendar time
  absl::Duration duration;
  uint64_t session = 0;  // unique per shard
  uint16_t shard = 0;
  Version version = Version::kUnknown;
  bool requested = false;  // the request was complete: command, destination and port mean something
  Command command = Command::kConnect;
  Endpoint client;
  SessionAuth auth = SessionAuth::kUnknown;
  // on the credentials; where it is another, `user` is only what was claimed
  AuthVerdict auth_verdict = AuthVerdict::kAccepted;
  InlineText<limits::kUserIdBytesMax> user;
  InlineText<limits::kNameBytesMax> name;  // empty where an address was requested
  // its port is the requested port also where `name` is set
  Endpoint requested_address;
  bool dialled = false;
  Endpoint target;  // address dialled
  // Local address of that connection. Without a port: the one that there should have been.
  Endpoint egress;
  InlineText<limits::kRuleNameBytesMax> rule;
  Rep reply = Rep::kSucceeded;
  bool replied = false;
  uint64_t bytes_up = 0;
  uint64_t bytes_down = 0;
  // of a UDP association: where the client was told to send to; port 0 where there was none
  Endpoint bound;
  uint64_t datagrams_up = 0;
  uint64_t datagrams_down = 0;
  uint64_t datagrams_dropped = 0;  // of either direction
  EndedBy ended_by = EndedBy::kNobody;
  SessionState state = SessionState::kHandshake;
  std::string_view why;                            // a literal
  InlineText<limits::kInterfaceBytesMax> missing;  // the interface that it is about
  int error = 0;                                   // errno behind it, 0 for none
};

// Takes one record per session, exactly once. Called on the shard's thread: must not wait.
class AccessSink {
 public:
  virtual ~AccessSink() = default;
  // False where the record was lost.
  virtual bool Write(const AccessRecord& record) = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_ACCESS_RECORD_H_
