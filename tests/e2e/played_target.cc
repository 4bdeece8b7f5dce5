#include "tests/e2e/played_target.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "core/sockaddr.h"
#include "glog/logging.h"
#include "tests/e2e/private_host.h"

namespace sluice {
namespace {

// A socket bound to `at`, listening where `listens`; the port that it got.
int Bind(const Endpoint& at, bool listens, uint16_t* port) {
  sockaddr_storage address;
  socklen_t size = ToSockaddr(at, &address);
  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  PCHECK(bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) << at.ToString();
  if (listens) PCHECK(listen(fd, 16) == 0);
  size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  *port = FromSockaddr(address).port;
  return fd;
}

}  // namespace

PlayedTarget::PlayedTarget(const TranscriptTarget& target, int index) : target_(target) {
  placement_.addr4 = PrivateHost::Target4(index);
  placement_.addr6 = PrivateHost::Target6(index);
  if (target.behaviour == TargetBehaviour::kNetworkUnreachable)
    placement_.addr4 = PrivateHost::UnreachableNetwork();
  if (target.behaviour == TargetBehaviour::kHostUnreachable)
    placement_.addr4 = PrivateHost::UnreachableHost();
  if (target.behaviour == TargetBehaviour::kNeverAnswers) placement_.addr4 = PrivateHost::Silent();
  Address own4 = PrivateHost::Target4(index);
  if (target.behaviour == TargetBehaviour::kAnswersIdent) {
    placement_ = Placement{*Address::Parse("127.0.0.1"), *Address::Parse("::1"), kIdentPort};
    own4 = placement_.addr4;
  }
  // Bound also where it does not listen, so that the port is nobody else's.
  listeners_[0] = Bind(Endpoint{own4, placement_.port}, Listens(), &placement_.port);
  listeners_[1] = Bind(Endpoint{placement_.addr6, placement_.port}, Listens(), &placement_.port);
  PCHECK(pipe2(stop_, O_CLOEXEC) == 0);  // the daemon must not inherit the end that is closed
  if (Listens()) {
    datagrams_[0] = std::make_unique<DatagramSocket>(Endpoint{own4, placement_.port});
    datagrams_[1] = std::make_unique<DatagramSocket>(Endpoint{placement_.addr6, placement_.port});
  }
  if (Listens()) thread_ = std::thread([this] { Run(); });
}

PlayedTarget::~PlayedTarget() {
  Finish();
  for (const int fd : {listeners_[0], listeners_[1], stop_[0]}) close(fd);
}

bool PlayedTarget::Listens() const {
  switch (target_.behaviour) {
    case TargetBehaviour::kRefuses:
    case TargetBehaviour::kNetworkUnreachable:
    case TargetBehaviour::kHostUnreachable:
    case TargetBehaviour::kNeverAnswers: return false;
    default: return true;
  }
}

void PlayedTarget::Finish() {
  if (stop_[1] >= 0) close(std::exchange(stop_[1], -1));
  for (std::thread* thread : {&thread_, &caller_}) {
    if (thread->joinable()) thread->join();
  }
}

void PlayedTarget::SetStage(const Stage& stage) {
  const std::lock_guard<std::mutex> lock(stage_mutex_);
  stage_ = stage;
}

bool PlayedTarget::Connect(const Endpoint& to) {
  const int fd = Stream::ConnectFrom(to.address.is_v4() ? placement_.addr4 : placement_.addr6, to);
  if (fd < 0) return false;
  ++connections_;
  caller_ = std::thread([this, fd] {
    Stream stream(fd);
    Serve(stream);
    heard_ = stream.heard();
    end_ = stream.end();
  });
  return true;
}

void PlayedTarget::Run() {
  while (true) {
    pollfd wait[5] = {{listeners_[0], POLLIN, 0},
                      {listeners_[1], POLLIN, 0},
                      {stop_[0], 0, 0},
                      {datagrams_[0]->fd(), POLLIN, 0},
                      {datagrams_[1]->fd(), POLLIN, 0}};
    poll(wait, 5, -1);
    const bool datagrams = ((wait[3].revents | wait[4].revents) & POLLIN) != 0;
    for (size_t family : {0, 1}) ServeDatagrams(family);
    if (datagrams) continue;
    // A connection that is waiting is served even if it is time to stop.
    const int ready = (wait[0].revents & POLLIN) != 0   ? listeners_[0]
                      : (wait[1].revents & POLLIN) != 0 ? listeners_[1]
                                                        : -1;
    if (ready < 0) return;
    Stream stream(accept4(ready, nullptr, nullptr, SOCK_CLOEXEC));
    ++connections_;
    Serve(stream);
    heard_ = stream.heard();
    end_ = stream.end();
  }
}

void PlayedTarget::Serve(Stream& stream) {
  std::string says;
  {
    const std::lock_guard<std::mutex> lock(stage_mutex_);
    says = target_.says.Expand(stage_).bytes;
  }
  switch (target_.behaviour) {
    case TargetBehaviour::kAnswersIdent:
      while (!stream.heard().ends_with('\n') && stream.end() == Stream::End::kNone &&
             stream.ReadAtLeast(stream.heard().size() + 1)) {
      }
      stream.Write(says);
      stream.ReadToEnd();
      return stream.ShutDownWrite();
    case TargetBehaviour::kEchoes:
    case TargetBehaviour::kEchoesAndIntrudes: return Echo(stream);
    case TargetBehaviour::kGreets:
      stream.Write(says);
      stream.ReadToEnd();
      return stream.ShutDownWrite();
    case TargetBehaviour::kGreetsAndCloses:
      stream.Write(says);
      stream.ShutDownWrite();
      stream.ReadToEnd();
      return;
    case TargetBehaviour::kAnswersFin:
      stream.ReadToEnd();
      stream.Write(says);
      return stream.ShutDownWrite();
    case TargetBehaviour::kResetsAfter: stream.ReadAtLeast(target_.bytes); return stream.Reset();
    default: stream.ReadToEnd(); return stream.ShutDownWrite();
  }
}

void PlayedTarget::ServeDatagrams(size_t family) {
  DatagramSocket& own = *datagrams_[family];
  std::string bytes;
  Endpoint from;
  while (own.Receive(&bytes, &from, 0)) {
    heard_datagrams_.push_back(bytes);
    if (target_.behaviour == TargetBehaviour::kEchoesAndIntrudes) {
      DatagramSocket({family == 0 ? placement_.addr4 : placement_.addr6, 0}).Send(from, bytes);
    }
    if (target_.behaviour != TargetBehaviour::kSinks) own.Send(from, bytes);
  }
}

void PlayedTarget::Echo(Stream& stream) {
  size_t echoed = 0;
  while (stream.end() == Stream::End::kNone && stream.ReadAtLeast(echoed + 1)) {
    const std::string piece = stream.heard().substr(echoed);
    echoed += piece.size();
    if (!stream.Write(piece)) return;
  }
  if (stream.end() == Stream::End::kFin) stream.ShutDownWrite();
}

}  // namespace sluice
