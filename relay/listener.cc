#include "relay/listener.h"

#include <cerrno>
#include <utility>

#include "core/limits.h"
#include "glog/logging.h"

namespace sluice {

Listener::Listener(Loop& loop, Owner& owner, int fd, OwnPort port)
    : loop_(loop), owner_(owner), fd_(fd), port_(std::move(port)) {
  accept_.Bind<&Listener::OnAccept>(this);
  pause_.Bind<&Listener::Accept>(this);
}

Listener::~Listener() {
  CHECK(!accept_.in_flight()) << "a listener was destroyed while accepting";
  loop_.timers().Cancel(pause_);
}

void Listener::Accept() {
  if (closing_ || accept_.in_flight() || owner_.Room() <= 0) return;
  loop_.timers().Cancel(pause_);
  cancelling_ = false;
  one_by_one_ = owner_.Room() < limits::kAcceptBurst;
  one_by_one_ ? loop_.kernel().AcceptOne(accept_, fd_) : loop_.kernel().Accept(accept_, fd_);
}

void Listener::OnAccept(Op&, const Completion& completion) {
  if (completion.result >= 0) {
    owner_.OnAccepted(completion.result);
    if (owner_.Room() < limits::kAcceptBurst && accept_.in_flight() && !one_by_one_ &&
        !cancelling_) {
      cancelling_ = true;
      loop_.kernel().Cancel(accept_);
    }
  }
  if (accept_.in_flight()) return;
  if (closing_) {
    loop_.kernel().Close(fd_);
    return owner_.OnListenerClosed(*this);
  }
  const int error = completion.result < 0 ? -completion.result : 0;
  const bool exhausted = error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
  // Everything else concerns one connection only, or is our own Cancel.
  if (!exhausted) return Accept();
  // Trying again at once would spin: the clients are still in the backlog.
  owner_.OnAcceptPaused(error);
  loop_.timers().Set(pause_, loop_.now() + limits::kAcceptPause);
}

void Listener::Close() {
  if (closing_) return;
  closing_ = true;
  loop_.timers().Cancel(pause_);
  if (accept_.in_flight()) {
    if (!cancelling_) loop_.kernel().Cancel(accept_);
    cancelling_ = true;
    return;
  }
  loop_.kernel().Close(fd_);
  owner_.OnListenerClosed(*this);
}

}  // namespace sluice
