#ifndef SLUICE_RELAY_AUTH_IDENT_QUERY_H_
#define SLUICE_RELAY_AUTH_IDENT_QUERY_H_

// IdentQuery: asks the client's host whose connection it is (RFC 1413), and compares. It knows no
// time-out and no reply: its owner does. One thread; lent from the shard's slab, which bounds how
// many are asked at a time. Owns its connection.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/address.h"
#include "core/buffer_waiters.h"
#include "core/loop.h"
#include "core/op.h"
#include "proto/ident.h"

namespace sluice {

class IdentQuery {
 public:
  enum class Outcome : uint8_t {
    kConfirmed,
    kAnotherUser,
    kNoAnswer,  // no ident server, or none that says who it is
  };

  // After OnIdentified nothing is in flight. Each call may destroy the query: it does nothing
  // after.
  class Owner {
   public:
    // `error`: the errno behind kNoAnswer, or 0.
    virtual void OnIdentified(Outcome outcome, int error) = 0;
    // After Stop, where something was in flight.
    virtual void OnIdentQuiet() = 0;

   protected:
    ~Owner() = default;
  };

  IdentQuery(Loop& loop, Owner& owner);
  ~IdentQuery();
  IdentQuery(const IdentQuery&) = delete;
  IdentQuery& operator=(const IdentQuery&) = delete;

  // Whether the connection from `client` to `gateway` is `claimed`'s; the text lives until the
  // outcome. `interface`: of a client whose address is link-local. May answer from within the call.
  void Start(const Endpoint& client, const Endpoint& gateway, std::string_view interface,
             uint16_t ident_port, std::string_view claimed);
  void Stop();

  bool quiet() const { return !op_.in_flight(); }

 private:
  enum class Awaits : uint8_t { kConnection, kQuerySent, kAnswer };

  void OnStep(Op&, const Completion& completion);
  void Receive();
  void OnBytes(const Completion& completion);
  void Finish(Outcome outcome, int error);
  void CloseSocket();

  Loop& loop_;
  Owner& owner_;
  Op op_;  // one thing at a time
  BufferWaiter waiter_;
  std::optional<IdentQueryText> query_;
  std::optional<IdentAnswer> answer_;
  std::string_view claimed_;
  int fd_ = -1;
  Awaits awaits_ = Awaits::kConnection;
  bool stopped_ = false;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_IDENT_QUERY_H_
