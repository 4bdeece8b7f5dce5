// An attempt's life:
//   1. TryNext opens a socket for the next address and arms the connect; the attempt delay starts.
//   2. OnAttemptDelay: nobody answered in time; the next address is tried beside it.
//   3. Add: the addresses of the family whose answer came later.
//   4. OnConnected: the first success wins, the others are cancelled; a failure is remembered if it
//      says more than the ones before, and the next address is tried at once.

#include "relay/dialer.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <vector>

#include "glog/logging.h"
#include "relay/egress_error.h"

namespace sluice {
namespace {

// How much an error tells the client: a refusal comes from the target itself, an unreachable host
// from a router near it.
int Telling(int error) {
  switch (error) {
    case 0: return 0;
    case ECONNREFUSED:
    case ECONNRESET: return 6;
    case EHOSTUNREACH:
    case EHOSTDOWN: return 5;
    case ETIMEDOUT: return 4;
    case ENODEV: return 3;  // an interface that the rules name
    case ENETUNREACH:
    case ENETDOWN: return 2;  // says only that this family has no route here
    default: return 1;
  }
}

}  // namespace

size_t InterleaveFamilies(absl::Span<const Address> addresses, absl::Span<Address> out) {
  if (addresses.empty()) return 0;
  size_t written = 0;
  size_t next[2] = {0, 0};  // of the first address's family, of the other
  const bool first_is_v4 = addresses[0].is_v4();
  auto advance = [&](int side) {
    const bool v4 = side == 0 ? first_is_v4 : !first_is_v4;
    while (next[side] < addresses.size() && addresses[next[side]].is_v4() != v4) ++next[side];
    return next[side] < addresses.size();
  };
  for (int side = 0; written < out.size(); side ^= 1) {
    if (!advance(side)) {
      side ^= 1;
      if (!advance(side)) break;
    }
    out[written++] = addresses[next[side]++];
  }
  return written;
}

Dialer::Dialer(Loop& loop, Owner& owner) : loop_(loop), owner_(owner) {
  attempt_delay_.Bind<&Dialer::OnAttemptDelay>(this);
  for (Attempt& attempt : attempts_) attempt.op.Bind<&Dialer::OnConnected>(this);
}

Dialer::~Dialer() {
  CHECK(quiet()) << "a dialer was destroyed with an attempt in flight";
  loop_.timers().Cancel(attempt_delay_);
}

void Dialer::Start(absl::Span<const Address> addresses, uint16_t port, bool more) {
  more_ = more;
  std::array<Address, limits::kDialAddressesMax> ordered;
  count_ = static_cast<uint8_t>(InterleaveFamilies(addresses, absl::MakeSpan(ordered)));
  CHECK_GT(count_, 0);
  for (int i = 0; i < count_; ++i) attempts_[i].target = Endpoint{ordered[i], port};
  TryNext();
}

bool Dialer::Has(const Address& address) const {
  return std::any_of(attempts_.begin(), attempts_.begin() + count_,
                     [&](const Attempt& attempt) { return attempt.target.address == address; });
}

void Dialer::Add(absl::Span<const Address> addresses) {
  more_ = false;
  if (done_) return;
  // The family that was missing comes next (RFC 8305 section 3), then both in turns.
  std::vector<Address> left;
  std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(left),
               [this](const Address& address) { return !Has(address); });
  for (int i = next_; i < count_; ++i) left.push_back(attempts_[i].target.address);
  const uint16_t port = attempts_[0].target.port;
  std::array<Address, limits::kDialAddressesMax> ordered;
  const auto room = absl::MakeSpan(ordered).first(attempts_.size() - next_);
  count_ = static_cast<uint8_t>(next_ + InterleaveFamilies(left, room));
  for (int i = next_; i < count_; ++i)
    attempts_[i].target = Endpoint{ordered[static_cast<size_t>(i - next_)], port};
  if (in_flight_ == 0) return TryNext();
  if (next_ < count_ && !attempt_delay_.set())
    loop_.timers().Set(attempt_delay_, loop_.now() + limits::kDialAttemptDelay);
}

void Dialer::TryNext() {
  while (!done_ && next_ < count_) {
    Attempt& attempt = attempts_[next_++];
    last_tried_ = attempt.target;
    if (!Launch(attempt)) continue;
    if (next_ < count_) loop_.timers().Set(attempt_delay_, loop_.now() + limits::kDialAttemptDelay);
    return;
  }
  if (!done_ && !more_ && in_flight_ == 0) {
    done_ = true;
    owner_.OnDialFailed(error_, error_target_);
  }
}

// False where the attempt failed at once and there is nowhere left to start from.
bool Dialer::Launch(Attempt& attempt) {
  const Egress* egress = owner_.EgressTo(attempt.target.address);
  if (egress == nullptr) return false;
  SocketSource from;
  while (NextSource(*egress, attempt, &from)) {
    const int fd = loop_.kernel().OpenSocket(attempt.target.address, from);
    if (fd >= 0) {
      attempt.fd = fd;
      ++in_flight_;
      owner_.OnAttempt(attempt.target);
      loop_.kernel().Connect(attempt.op, fd, attempt.target);
      return true;
    }
    missing_.Note(-fd, from.address, from.interface);
    NoteError(-fd, attempt.target);
    if (!NextAddressMayDo(-fd)) return false;
  }
  NoteError(EADDRNOTAVAIL, attempt.target);
  return false;
}

// False where the attempt has used up what its target can be reached from.
bool Dialer::NextSource(const Egress& egress, Attempt& attempt, SocketSource* from) {
  from->interface = egress.interface;
  if (egress.addresses.empty()) return attempt.egress_next++ == 0;
  while (attempt.egress_next < egress.addresses.size()) {
    from->address = egress.addresses[attempt.egress_next++];
    if (from->address.is_v4() == attempt.target.address.is_v4()) return true;
  }
  return false;
}

void Dialer::OnAttemptDelay() { TryNext(); }

void Dialer::OnConnected(Op& op, const Completion& completion) {
  Attempt* attempt = nullptr;
  for (Attempt& candidate : attempts_) {
    if (&candidate.op == &op) attempt = &candidate;
  }
  --in_flight_;
  const int fd = attempt->fd;
  attempt->fd = -1;
  if (done_) {
    loop_.kernel().Close(fd);
    if (quiet()) owner_.OnDialerQuiet();
    return;
  }
  if (completion.result >= 0) {
    done_ = true;
    CancelAll();
    owner_.OnDialed(fd, attempt->target);
    return;
  }
  loop_.kernel().Close(fd);
  NoteError(-completion.result, attempt->target);
  if (NextAddressMayDo(-completion.result) && Launch(*attempt)) return;
  TryNext();
}

void Dialer::NoteError(int error, const Endpoint& target) {
  owner_.OnAttemptFailed(target, error);
  if (Telling(error) <= Telling(error_)) return;
  error_ = error;
  error_target_ = target;
}

void Dialer::CancelAll() {
  loop_.timers().Cancel(attempt_delay_);
  for (Attempt& attempt : attempts_) {
    if (attempt.op.in_flight()) loop_.kernel().Cancel(attempt.op);
  }
}

void Dialer::Stop() {
  if (done_) return;
  done_ = true;
  CancelAll();
}

}  // namespace sluice
