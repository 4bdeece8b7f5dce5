#ifndef SLUICE_RELAY_BIND_H_
#define SLUICE_RELAY_BIND_H_

// Bind: one BIND's wait for the application server: a listener of its own, until the right peer has
// connected, the client has left or somebody calls Stop. Of all who connect, one is accepted; the
// others are reset. It asks no policy and knows no time-out and no reply: its owner does. One
// thread; lent from the shard's slab, which bounds how many can wait. Owns the listener, not the
// client's socket.
//
// Source: RFC 1928 section 4 and 6 (BIND), "SOCKS: A protocol for TCP proxy across firewalls",
// section 2.

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "core/address.h"
#include "core/limits.h"
#include "core/loop.h"
#include "core/op.h"
#include "policy/address_range.h"
#include "relay/own_ports.h"

namespace sluice {

class Bind {
 public:
  enum class Answer : uint8_t {
    kTake,    // the one that is waited for
    kRefuse,  // somebody else: reset, and the wait goes on
    kEnd,     // somebody else, and the wait is over: the owner has stopped this
  };

  // After OnPeer, OnClientLeft, kEnd or Stop only OnBindQuiet follows, and that only where it is
  // not quiet already. OnClientLeft and OnBindQuiet may destroy it: it does nothing after.
  class Owner {
   public:
    virtual Answer OnPeerAsks(const Endpoint& peer) = 0;
    // `fd` belongs to the owner. The listener is closed.
    virtual void OnPeer(int fd, const Endpoint& peer) = 0;
    // The client's connection was closed or reset, or its side of it ended.
    virtual void OnClientLeft(bool reset) = 0;
    // Nothing is in flight any more; it may be destroyed.
    virtual void OnBindQuiet() = 0;

   protected:
    ~Owner() = default;
  };

  Bind(Loop& loop, OwnPorts& own_ports, Owner& owner);
  ~Bind();
  Bind(const Bind&) = delete;
  Bind& operator=(const Bind&) = delete;

  // Takes one of `ports` at `address`, from `first` on, at most kBindPortTriesMax of them;
  // PortRange{0, 0}: one that Linux chooses. 0 or -errno, -EADDRINUSE where all are taken.
  // Connections can come from here on, and wait.
  int Listen(const Address& address, std::string_view interface, PortRange ports, uint16_t first);
  // Where it listens.
  const Endpoint& at() const { return at_; }

  // From where the peer may come; none: from anywhere. For the owner to ask.
  void Expect(absl::Span<const Address> peers);
  bool Expects(const Address& peer) const;
  bool expects_any() const { return expected_count_ == 0; }

  // Begins to accept, and to watch the client.
  void Await(int client_fd);
  void Stop();

  bool quiet() const { return !accept_.in_flight() && !watch_.in_flight(); }

 private:
  void AcceptNext();
  void OnAccept(Op&, const Completion& completion);
  bool OnConnection(int fd);
  void OnClientEvent(Op&, const Completion& completion);
  void CloseListener();
  void Settle();

  Loop& loop_;
  OwnPorts& own_ports_;
  Owner& owner_;
  Op accept_;
  Op watch_;  // on the client
  Timer pause_;
  Endpoint at_;
  OwnPort port_;
  int listener_fd_ = -1;
  bool done_ = false;  // taken, left or stopped
  uint8_t expected_count_ = 0;
  std::array<Address, limits::kDialAddressesMax> expected_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_BIND_H_
