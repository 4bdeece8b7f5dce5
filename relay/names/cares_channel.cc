// In c-ares 1.34 the calls used here are deprecated for others that 1.18 does not have.
#define CARES_NO_DEPRECATED

#include "relay/names/cares_channel.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/limits.h"

namespace sluice {
namespace {

// 1.32 and newer give up earlier than they are told, after five times what the server usually
// takes, but 250 ms at least, and try again in twice that time: three tries are 1,750 ms at least.
// What they send again is no harm. Older ones wait as long as they are told.
#if ARES_VERSION >= 0x012000
constexpr int kTries = 3;
#else
constexpr int kTries = 1;
#endif

FamilyAnswer::Status StatusOf(int status) {
  switch (status) {
    case ARES_SUCCESS: return FamilyAnswer::Status::kFound;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME: return FamilyAnswer::Status::kNotFound;
    // Nothing has come: no route to the server, nobody listens there, or it is silent.
    case ARES_ECONNREFUSED:
    case ARES_ETIMEOUT: return FamilyAnswer::Status::kUnanswered;
    default: return FamilyAnswer::Status::kRefused;
  }
}

int Parse(const unsigned char* reply, int bytes, ares_addrttl* records, int* count) {
  return ares_parse_a_reply(reply, bytes, nullptr, records, count);
}
int Parse(const unsigned char* reply, int bytes, ares_addr6ttl* records, int* count) {
  return ares_parse_aaaa_reply(reply, bytes, nullptr, records, count);
}
Address ToAddress(const ares_addrttl& record) {
  std::array<uint8_t, 4> octets;
  std::memcpy(octets.data(), &record.ipaddr, octets.size());
  return Address::FromV4(octets);
}
Address ToAddress(const ares_addr6ttl& record) {
  std::array<uint8_t, 16> octets;
  std::memcpy(octets.data(), &record.ip6addr, octets.size());
  return Address::FromV6(octets);
}

// Of a reply without an error.
template <typename Record>
FamilyAnswer Read(const unsigned char* reply, int bytes) {
  std::array<Record, limits::kResolverAddressesMax> records;
  auto count = static_cast<int>(records.size());
  FamilyAnswer answer;
  answer.status = StatusOf(Parse(reply, bytes, records.data(), &count));
  if (answer.status != FamilyAnswer::Status::kFound) return answer;
  // Aliases that lead nowhere.
  if (count == 0) answer.status = FamilyAnswer::Status::kNotFound;
  answer.ttl = absl::InfiniteDuration();
  for (int i = 0; i < count; ++i) {
    const Record& record = records[static_cast<size_t>(i)];
    answer.addresses.push_back(ToAddress(record));
    answer.ttl = std::min(answer.ttl, absl::Seconds(record.ttl));
  }
  return answer;
}

}  // namespace

struct CaresChannel::Query {
  CaresChannel* channel;
  AddressFamily family;
  uint64_t ticket;
};

// A socket of c-ares that the loop polls. Outlives the descriptor until its poll has completed: the
// kernel keeps the file behind the poll, and c-ares may have closed the descriptor meanwhile.
struct CaresChannel::Socket {
  Op op;
  int fd = -1;          // -1: free
  uint32_t wanted = 0;  // poll events
  bool closed = false;  // by c-ares
};

absl::StatusOr<std::unique_ptr<CaresChannel>> CaresChannel::Open(const Endpoint& server,
                                                                 absl::Duration timeout) {
  auto channel = std::unique_ptr<CaresChannel>(new CaresChannel);
  ares_options options{};
  // What a server says of a question it fails at is told, so that it is not taken for silence.
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP;
  options.sock_state_cb = &CaresChannel::OnSocketState;
  options.sock_state_cb_data = channel.get();
  options.timeout = static_cast<int>(absl::ToInt64Milliseconds(timeout));
  options.tries = kTries;
  options.ndomains = 0;
  // It is read once, by NameFiles; what c-ares would find there may be anything, and never end.
  char nothing[] = "/dev/null";
  options.resolvconf_path = nothing;
  char lookups[] = "b";
  options.lookups = lookups;
  int mask = ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
             ARES_OPT_DOMAINS | ARES_OPT_RESOLVCONF | ARES_OPT_LOOKUPS;
#ifdef ARES_OPT_QUERY_CACHE
  options.qcache_max_ttl = 0;  // the Resolver's has a bound
  mask |= ARES_OPT_QUERY_CACHE;
#endif
#ifdef ARES_OPT_MAXTIMEOUTMS
  options.maxtimeout = options.timeout;
  mask |= ARES_OPT_MAXTIMEOUTMS;
#endif
  int status = ares_init_options(&channel->channel_, &options, mask);
  if (status == ARES_SUCCESS)
    status = ares_set_servers_ports_csv(channel->channel_, server.ToString().c_str());
  if (status == ARES_SUCCESS) return channel;
  return absl::InternalError(absl::StrCat("expected to be able to ask the name server ",
                                          server.ToString(),
                                          ", but c-ares says: ", ares_strerror(status)));
}

CaresChannel::CaresChannel() { timer_.Bind<&CaresChannel::OnTimeout>(this); }

CaresChannel::~CaresChannel() {
  stopped_ = true;
  if (channel_ != nullptr) ares_destroy(channel_);
}

void CaresChannel::Ask(std::string_view name, AddressFamily family, uint64_t ticket) {
  auto* query = new Query{this, family, ticket};
  ares_query(channel_, std::string(name).c_str(), ns_c_in,
             family == AddressFamily::kV4 ? ns_t_a : ns_t_aaaa, &CaresChannel::OnReply, query);
  SetTimer();
}

void CaresChannel::OnReply(void* argument, int status, int, unsigned char* reply, int bytes) {
  const std::unique_ptr<Query> query(static_cast<Query*>(argument));
  CaresChannel& self = *query->channel;
  if (self.stopped_) return;
  FamilyAnswer answer;
  answer.status = StatusOf(status);
  if (status == ARES_SUCCESS) {
    answer = query->family == AddressFamily::kV4 ? Read<ares_addrttl>(reply, bytes)
                                                 : Read<ares_addr6ttl>(reply, bytes);
  }
  self.receiver_->OnAnswered(self, query->ticket, answer);
}

// --- Sockets and time

void CaresChannel::OnSocketState(void* self, int fd, int readable, int writable) {
  auto& channel = *static_cast<CaresChannel*>(self);
  const auto is_it = [fd](const auto& socket) { return socket->fd == fd && !socket->closed; };
  auto found = std::find_if(channel.sockets_.begin(), channel.sockets_.end(), is_it);
  const uint32_t wanted = (readable != 0 ? kPollIn : 0) | (writable != 0 ? kPollOut : 0);
  if (found == channel.sockets_.end()) {
    if (wanted == 0) return;
    found = std::find_if(channel.sockets_.begin(), channel.sockets_.end(),
                         [](const auto& socket) { return socket->fd < 0; });
    if (found == channel.sockets_.end()) {
      channel.sockets_.push_back(std::make_unique<Socket>());
      found = std::prev(channel.sockets_.end());
      (*found)->op.Bind<&CaresChannel::OnReady>(&channel);
    }
    (*found)->fd = fd;
    (*found)->closed = false;
  }
  Socket& socket = **found;
  const bool changed = socket.wanted != wanted;
  socket.wanted = wanted;
  if (wanted == 0) socket.closed = true;
  if (channel.stopped_) return;
  if (socket.op.in_flight()) {
    // The armed poll asks for something else; its completion arms the right one.
    if (changed) channel.loop_->kernel().Cancel(socket.op);
  } else if (socket.closed) {
    socket.fd = -1;
  } else {
    channel.PollSocket(socket);
  }
}

void CaresChannel::PollSocket(Socket& socket) {
  loop_->kernel().Poll(socket.op, socket.fd, socket.wanted);
}

void CaresChannel::OnReady(Op& op, const Completion& completion) {
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

void CaresChannel::OnTimeout() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  SetTimer();
}

void CaresChannel::SetTimer() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return loop_->timers().Cancel(timer_);
  loop_->timers().Set(timer_, loop_->now() + absl::DurationFromTimeval(left));
}

void CaresChannel::Stop() {
  stopped_ = true;
  loop_->timers().Cancel(timer_);
  for (auto& socket : sockets_) {
    if (socket->op.in_flight()) loop_->kernel().Cancel(socket->op);
  }
}

bool CaresChannel::quiet() const {
  return std::none_of(sockets_.begin(), sockets_.end(),
                      [](const auto& socket) { return socket->op.in_flight(); });
}

}  // namespace sluice
