#ifndef SLUICE_RELAY_DIALER_H_
#define SLUICE_RELAY_DIALER_H_

// Dialer: a connection to the first of several addresses that answers, by RFC 8305 ("Happy
// Eyeballs"): families in turns, the next attempt after 250 ms or as soon as one fails, the losers
// cancelled. The addresses are allowed ones; the dialer asks no policy, but its owner how each of
// them is reached. One thread; part of a session's opening.

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "core/address.h"
#include "core/limits.h"
#include "core/loop.h"
#include "core/op.h"
#include "policy/rule_grant.h"
#include "relay/missing_egress.h"

namespace sluice {

class Dialer {
 public:
  // Each call may destroy the dialer where it is quiet: it does nothing after.
  class Owner {
   public:
    // How a connection to it leaves, asked when one is to be made; good until this returns to the
    // loop. nullptr: it may no longer be made. Must not destroy the dialer.
    virtual const Egress* EgressTo(const Address& target) = 0;
    // An attempt is under way; it has failed, with that errno. Must not destroy the dialer either.
    virtual void OnAttempt(const Endpoint&) {}
    virtual void OnAttemptFailed(const Endpoint&, int) {}
    // `fd` belongs to the owner. Other attempts may still be in flight: not quiet yet.
    virtual void OnDialed(int fd, const Endpoint& target) = 0;
    // Every address failed; `error` is the most telling errno, 0 where none might be tried.
    virtual void OnDialFailed(int error, const Endpoint& target) = 0;
    // After OnDialed or Stop: the last attempt has left the kernel.
    virtual void OnDialerQuiet() = 0;

   protected:
    ~Owner() = default;
  };

  Dialer(Loop& loop, Owner& owner);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // At most kDialAddressesMax addresses are tried, at least one must be given. Each starts from the
  // first address of its egress that is of its family, or from the next one where that has no port
  // left or is not this host's; -EADDRNOTAVAIL where none is left. May fail from within the call.
  // `more`: it does not fail before Add.
  void Start(absl::Span<const Address> addresses, uint16_t port, bool more = false);
  // Those that are not tried yet, before what is left of the others; no more will come.
  void Add(absl::Span<const Address> addresses);
  void Stop();

  bool quiet() const { return in_flight_ == 0; }
  // The most telling errno so far; 0: none.
  int error() const { return error_; }
  const Endpoint& last_tried() const { return last_tried_; }
  // What of an egress was last found not to be there.
  const MissingEgress& missing() const { return missing_; }

 private:
  struct Attempt {
    Op op;
    Endpoint target;
    int fd = -1;
    uint8_t egress_next = 0;  // the next of the egress addresses to start from
  };

  bool Has(const Address& address) const;
  void TryNext();
  bool Launch(Attempt& attempt);
  static bool NextSource(const Egress& egress, Attempt& attempt, SocketSource* from);
  void OnConnected(Op& op, const Completion& completion);
  void OnAttemptDelay();
  void NoteError(int error, const Endpoint& target);
  void CancelAll();

  Loop& loop_;
  Owner& owner_;
  Timer attempt_delay_;
  std::array<Attempt, limits::kDialAddressesMax> attempts_;
  uint8_t count_ = 0;
  uint8_t next_ = 0;
  uint8_t in_flight_ = 0;
  bool more_ = false;  // will be added
  bool done_ = false;  // won, failed or stopped
  int error_ = 0;
  Endpoint error_target_;
  Endpoint last_tried_;
  MissingEgress missing_;
};

// Addresses in turns of family, starting with the family of the first (RFC 8305 section 4).
// Returns how many were written, at most `out.size()`.
size_t InterleaveFamilies(absl::Span<const Address> addresses, absl::Span<Address> out);

}  // namespace sluice

#endif  // SLUICE_RELAY_DIALER_H_
