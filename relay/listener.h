#ifndef SLUICE_RELAY_LISTENER_H_
#define SLUICE_RELAY_LISTENER_H_

// Listener: one listening socket of one shard. It accepts while there is room for sessions;
// otherwise it stops asking, and clients wait in the backlog instead of being turned away. One
// thread, the shard's; owns its descriptor.

#include <cstdint>

#include "core/loop.h"
#include "core/op.h"
#include "relay/own_ports.h"

namespace sluice {

class Listener {
 public:
  class Owner {
   public:
    // Takes the descriptor.
    virtual void OnAccepted(int fd) = 0;
    // How many clients may be accepted at once; none: they wait in the backlog.
    virtual int Room() const = 0;
    // Linux gave no descriptor or no memory; accepting pauses.
    virtual void OnAcceptPaused(int error) = 0;
    // After Close: nothing is in flight and the socket is closed. May destroy the listener.
    virtual void OnListenerClosed(Listener& listener) = 0;

   protected:
    ~Owner() = default;
  };

  Listener(Loop& loop, Owner& owner, int fd, OwnPort port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Accepts if there is room. Called again whenever room may have come.
  void Accept();
  void Close();

  int fd() const { return fd_; }
  bool closing() const { return closing_; }

 private:
  void OnAccept(Op&, const Completion& completion);

  Loop& loop_;
  Owner& owner_;
  Op accept_;
  Timer pause_;
  int fd_;
  const OwnPort port_;
  bool closing_ = false;
  bool one_by_one_ = false;
  bool cancelling_ = false;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LISTENER_H_
