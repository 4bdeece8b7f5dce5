#ifndef SLUICE_RELAY_UDP_UDP_SOCKETS_H_
#define SLUICE_RELAY_UDP_UDP_SOCKETS_H_

// UdpSockets: the sockets by which the datagrams of one association leave for their targets, and by
// which the answers come: one for each address family and egress that its rules name, opened when
// it is first needed. They stay open as long as the association, also where the rules change. The
// association's own places are for two of them; further ones take a place for every two. Lent from
// the shard to an association that has sent something. One thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/kernel.h"
#include "core/limits.h"
#include "core/op.h"
#include "policy/rule_grant.h"
#include "relay/limits/places.h"

namespace sluice {

class UdpSockets {
 public:
  class Owner {
   public:
    // Answers lie at `fd`. Afterwards the next ones are waited for.
    virtual void OnAnswers(int fd) = 0;
    // After Stop: nothing is in flight any more. May destroy this: it does nothing after.
    virtual void OnSocketsQuiet() = 0;

   protected:
    ~Owner() = default;
  };

  UdpSockets(Kernel& kernel, Places& places, Owner& owner);
  ~UdpSockets();
  UdpSockets(const UdpSockets&) = delete;
  UdpSockets& operator=(const UdpSockets&) = delete;

  // The one for targets of the family of `target` that leave by `egress`: its descriptor; or -errno
  // of its last address, -ENOSR where there are as many sockets as may be, or no place for another.
  int Towards(const Address& target, const Egress& egress);

  // Where nothing is in flight it is quiet at once, without a call.
  void Stop();
  bool quiet() const;

 private:
  struct Socket {
    Op ready;
    int fd = -1;
    bool v4 = false;
    size_t egress = 0;  // a hash of it: the rules that it came from may be gone
  };

  int Open(const Address& target, const Egress& egress);
  void OnReady(Op& ready, const Completion&);

  Kernel& kernel_;
  Places& places_;
  Owner& owner_;
  bool stopped_ = false;
  uint8_t count_ = 0;
  std::array<Socket, limits::kUdpSocketsMax> sockets_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_UDP_UDP_SOCKETS_H_
