#include "relay/names/cares_lookup.h"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// c-ares doubles the time-out per round; with two rounds a silent server costs 2 + 4 s, inside the
// connect time-out as shipped.
constexpr int kTimeoutMs = 2000;
constexpr int kTries = 2;

NameAnswer::Status StatusOf(int status) {
  switch (status) {
    case ARES_SUCCESS: return NameAnswer::Status::kFound;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME: return NameAnswer::Status::kNotFound;
    default: return NameAnswer::Status::kFailed;
  }
}

bool ToAddress(const sockaddr* from, Address* to) {
  if (from->sa_family == AF_INET) {
    std::array<uint8_t, 4> octets;
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in*>(from)->sin_addr,
                octets.size());
    *to = Address::FromV4(octets);
    return true;
  }
  if (from->sa_family == AF_INET6) {
    std::array<uint8_t, 16> octets;
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6*>(from)->sin6_addr,
                octets.size());
    *to = Address::FromV6(octets);
    return true;
  }
  return false;
}

}  // namespace

struct CaresLookup::Query {
  CaresLookup* lookup;
  std::string name;
  Receiver* receiver;
};

// A socket of c-ares that the loop polls. Outlives the descriptor until its poll has completed: the
// kernel keeps the file behind the poll, and c-ares may have closed the descriptor meanwhile.
struct CaresLookup::Socket {
  Op op;
  int fd = -1;          // -1: free
  uint32_t wanted = 0;  // poll events
  bool closed = false;  // by c-ares
};

absl::Status CaresLookup::InitLibrary() {
  const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status == ARES_SUCCESS) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("c-ares cannot start: ", ares_strerror(status)));
}

absl::StatusOr<std::unique_ptr<CaresLookup>> CaresLookup::Open() {
  auto lookup = std::unique_ptr<CaresLookup>(new CaresLookup);
  ares_options options{};
  // a name is what the client said; search domains are for people at a prompt
  options.flags = ARES_FLAG_NOSEARCH;
  options.sock_state_cb = &CaresLookup::OnSocketState;
  options.sock_state_cb_data = lookup.get();
  options.timeout = kTimeoutMs;
  options.tries = kTries;
  char lookups[] = "fb";  // hosts file, then name servers
  options.lookups = lookups;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_LOOKUPS;
  const int status = ares_init_options(&lookup->channel_, &options, mask);
  if (status != ARES_SUCCESS) {
    return absl::InternalError(absl::StrCat("the resolver cannot start: ", ares_strerror(status),
                                            "; check /etc/resolv.conf and /etc/nsswitch.conf"));
  }
  return lookup;
}

CaresLookup::CaresLookup() { timer_.Bind<&CaresLookup::OnTimeout>(this); }

CaresLookup::~CaresLookup() {
  stopped_ = true;
  if (channel_ != nullptr) ares_destroy(channel_);
}

void CaresLookup::Start(std::string_view name, Receiver& receiver) {
  auto* query = new Query{this, std::string(name), &receiver};
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, query->name.c_str(), nullptr, &hints, &CaresLookup::OnAnswer, query);
  SetTimer();
}

void CaresLookup::OnAnswer(void* argument, int status, int, ares_addrinfo* result) {
  const std::unique_ptr<Query> query(static_cast<Query*>(argument));
  NameAnswer answer;
  answer.status = StatusOf(status);
  int ttl = result != nullptr && result->nodes != nullptr ? result->nodes->ai_ttl : 0;
  for (const ares_addrinfo_node* node = result != nullptr ? result->nodes : nullptr;
       node != nullptr; node = node->ai_next) {
    Address address;
    if (!ToAddress(node->ai_addr, &address)) continue;
    answer.addresses.push_back(address);
    ttl = std::min(ttl, node->ai_ttl);
  }
  answer.ttl = absl::Seconds(ttl);
  if (answer.status == NameAnswer::Status::kFound && answer.addresses.empty())
    answer.status = NameAnswer::Status::kNotFound;
  if (result != nullptr) ares_freeaddrinfo(result);
  if (!query->lookup->stopped_) query->receiver->OnLookedUp(query->name, answer);
}

// --- Sockets and time

void CaresLookup::OnSocketState(void* self, int fd, int readable, int writable) {
  auto& lookup = *static_cast<CaresLookup*>(self);
  const auto is_it = [fd](const auto& socket) { return socket->fd == fd && !socket->closed; };
  auto found = std::find_if(lookup.sockets_.begin(), lookup.sockets_.end(), is_it);
  const uint32_t wanted = (readable != 0 ? kPollIn : 0) | (writable != 0 ? kPollOut : 0);
  if (found == lookup.sockets_.end()) {
    if (wanted == 0) return;
    found = std::find_if(lookup.sockets_.begin(), lookup.sockets_.end(),
                         [](const auto& socket) { return socket->fd < 0; });
    if (found == lookup.sockets_.end()) {
      lookup.sockets_.push_back(std::make_unique<Socket>());
      found = std::prev(lookup.sockets_.end());
      (*found)->op.Bind<&CaresLookup::OnReady>(&lookup);
    }
    (*found)->fd = fd;
    (*found)->closed = false;
  }
  Socket& socket = **found;
  const bool changed = socket.wanted != wanted;
  socket.wanted = wanted;
  if (wanted == 0) socket.closed = true;
  if (lookup.stopped_) return;
  if (socket.op.in_flight()) {
    // The armed poll asks for something else; its completion arms the right one.
    if (changed) lookup.loop_->kernel().Cancel(socket.op);
  } else if (socket.closed) {
    socket.fd = -1;
  } else {
    lookup.PollSocket(socket);
  }
}

void CaresLookup::PollSocket(Socket& socket) {
  loop_->kernel().Poll(socket.op, socket.fd, socket.wanted);
}

void CaresLookup::OnReady(Op& op, const Completion& completion) {
  Socket* socket = nullptr;
  for (auto& candidate : sockets_) {
    if (&candidate->op == &op) socket = candidate.get();
  }
  if (stopped_) return;
  if (socket->closed) {
    socket->fd = -1;
    return;
  }
  if (completion.result > 0) {
    const auto events = static_cast<uint32_t>(completion.result);
    const int fd = socket->fd;
    const bool in = (events & (kPollIn | kPollError | kPollHangUp)) != 0;
    ares_process_fd(channel_, in ? fd : ARES_SOCKET_BAD,
                    (events & kPollOut) != 0 ? fd : ARES_SOCKET_BAD);
    SetTimer();
  }
  if (socket->op.in_flight()) return;  // armed again from within
  if (socket->closed) {
    socket->fd = -1;
  } else {
    PollSocket(*socket);
  }
}

void CaresLookup::OnTimeout() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  SetTimer();
}

void CaresLookup::SetTimer() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return loop_->timers().Cancel(timer_);
  loop_->timers().Set(timer_, loop_->now() + absl::DurationFromTimeval(left));
}

void CaresLookup::Stop() {
  stopped_ = true;
  loop_->timers().Cancel(timer_);
  for (auto& socket : sockets_) {
    if (socket->op.in_flight()) loop_->kernel().Cancel(socket->op);
  }
}

bool CaresLookup::quiet() const {
  return std::none_of(sockets_.begin(), sockets_.end(),
                      [](const auto& socket) { return socket->op.in_flight(); });
}

}  // namespace sluice
