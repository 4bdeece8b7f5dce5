#ifndef SLUICE_BENCH_LOAD_DATAGRAM_BATCH_H_
#define SLUICE_BENCH_LOAD_DATAGRAM_BATCH_H_

// DatagramBatch: the datagrams that one system call receives, and may send back where they came
// from. A message of it is one datagram, or where the socket takes trains (UDP_GRO) several of the
// same sender, each but the last of the same size. One thread may use one batch for all its
// sockets.

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

namespace sluice::load {

class DatagramBatch {
 public:
  DatagramBatch();
  DatagramBatch(const DatagramBatch&) = delete;
  DatagramBatch& operator=(const DatagramBatch&) = delete;

  // How many messages there were, at most kMessagesMax; -1 with errno, EAGAIN where there is none.
  int Receive(int fd);

  // Calls `take` with each datagram of message `index`.
  template <typename Take>
  void ForEachDatagram(int index, const Take& take) const {
    std::string_view rest = Bytes(index);
    const size_t each = DatagramBytes(index);
    do {
      take(rest.substr(0, each));
      rest.remove_prefix(std::min(each, rest.size()));
    } while (!rest.empty());
  }

  // Sends the messages of the last Receive back, trains as trains. What finds no room is lost.
  void Reflect(int fd);

 private:
  static constexpr size_t kMessagesMax = 32;
  static constexpr size_t kMessageBytesMax = 1 << 16;

  // What the control bytes hold: a train's size of each datagram.
  struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes;
  };

  std::string_view Bytes(int index) const;
  size_t DatagramBytes(int index) const;

  std::unique_ptr<char[]> bytes_;  // pages that are touched as datagrams are large
  std::array<mmsghdr, kMessagesMax> messages_{};
  std::array<iovec, kMessagesMax> parts_{};
  std::array<sockaddr_in6, kMessagesMax> senders_{};
  std::array<Control, kMessagesMax> controls_{};
  int count_ = 0;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_DATAGRAM_BATCH_H_
