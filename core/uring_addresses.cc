#include "core/uring_addresses.h"

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// One route and all that Linux says of it.
constexpr size_t kAnswerBytes = 2048;

struct Query {
  nlmsghdr header;
  rtmsg route;
  rtattr attribute;
  uint8_t address[16];
};

int OpenNetlink() {
  return socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
}

// Of a router's many routes only those that lead here are news. Attached before the socket joins
// the groups, so that nothing else comes first.
bool HearOfLocalRoutes(int fd) {
  constexpr uint32_t kTypeAt = NLMSG_HDRLEN + offsetof(rtmsg, rtm_type);
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kTypeAt),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTN_LOCAL, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTN_ANYCAST, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffff'ffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog filter{sizeof(steps) / sizeof(steps[0]), steps};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0) return false;
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  return bind(fd, reinterpret_cast<const sockaddr*>(&groups), sizeof(groups)) == 0;
}

}  // namespace

UringAddresses::~UringAddresses() {
  for (const int fd : {query_fd_, news_fd_}) {
    if (fd >= 0) close(fd);
  }
}

absl::Status UringAddresses::Open() {
  query_fd_ = OpenNetlink();
  news_fd_ = query_fd_ < 0 ? -1 : OpenNetlink();
  int error = 0;
  if (news_fd_ < 0 || !HearOfLocalRoutes(news_fd_)) {
    error = errno;
  } else if (const int answer = LeadsHere(Address::FromV4({127, 0, 0, 1})); answer < 0) {
    error = -answer;
  }
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "expected to learn this host's own addresses from rtnetlink, without which clients could "
      "reach "
      "the gateway through itself, found: ",
      strerrordesc_np(error),
      "; allow AF_NETLINK (systemd: RestrictAddressFamilies, a container: its seccomp profile)"));
}

int UringAddresses::LeadsHere(const Address& to) {
  const bool v4 = to.is_v4();
  const uint8_t bytes = v4 ? 4 : 16;
  Query query{};
  query.header.nlmsg_len = static_cast<uint32_t>(offsetof(Query, address)) + bytes;
  query.header.nlmsg_type = RTM_GETROUTE;
  query.header.nlmsg_flags = NLM_F_REQUEST;
  query.header.nlmsg_seq = ++asked_;
  query.route.rtm_family = v4 ? AF_INET : AF_INET6;
  query.route.rtm_dst_len = static_cast<uint8_t>(bytes * 8);
  query.attribute.rta_len = static_cast<uint16_t>(RTA_LENGTH(bytes));
  query.attribute.rta_type = RTA_DST;
  std::memcpy(query.address, to.bytes().data() + (16 - bytes), bytes);
  // Linux answers within the send.
  if (send(query_fd_, &query, query.header.nlmsg_len, MSG_DONTWAIT) < 0) return -errno;
  return AwaitAnswer();
}

int UringAddresses::AwaitAnswer() {
  alignas(nlmsghdr) char answer[kAnswerBytes];
  while (true) {
    const ssize_t size = recv(query_fd_, answer, sizeof(answer), MSG_DONTWAIT);
    if (size < 0) return -errno;
    nlmsghdr header;
    if (size < static_cast<ssize_t>(sizeof(header) + sizeof(rtmsg))) return -EPROTO;
    std::memcpy(&header, answer, sizeof(header));
    if (header.nlmsg_seq != asked_) continue;
    if (header.nlmsg_type == NLMSG_ERROR) {
      int error = 0;
      std::memcpy(&error, answer + NLMSG_HDRLEN + offsetof(nlmsgerr, error), sizeof(error));
      // Whatever else it is, it is a route that leads nowhere.
      return error == -ENOMEM || error == -ENOBUFS || error == -EPERM ? error : 0;
    }
    rtmsg route;
    std::memcpy(&route, answer + NLMSG_HDRLEN, sizeof(route));
    return route.rtm_type == RTN_LOCAL || route.rtm_type == RTN_ANYCAST ? 1 : 0;
  }
}

void UringAddresses::ForgetNews() {
  char news[kAnswerBytes];
  // ENOBUFS: some were lost, which is news as well.
  while (recv(news_fd_, news, sizeof(news), MSG_DONTWAIT) >= 0 || errno == ENOBUFS) {
  }
}

}  // namespace sluice
