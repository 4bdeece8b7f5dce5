#include "bench/load/datagram_batch.h"

#include <netinet/udp.h>

#include <cstring>

namespace sluice::load {

DatagramBatch::DatagramBatch()
    : bytes_(std::make_unique_for_overwrite<char[]>(kMessagesMax * kMessageBytesMax)) {}

int DatagramBatch::Receive(int fd) {
  for (size_t i = 0; i < kMessagesMax; ++i) {
    parts_[i] = {bytes_.get() + i * kMessageBytesMax, kMessageBytesMax};
    msghdr& header = messages_[i].msg_hdr;
    header = {};
    header.msg_name = &senders_[i];
    header.msg_namelen = sizeof(senders_[i]);
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    header.msg_control = controls_[i].bytes.data();
    header.msg_controllen = controls_[i].bytes.size();
  }
  count_ = recvmmsg(fd, messages_.data(), kMessagesMax, MSG_DONTWAIT, nullptr);
  return count_;
}

std::string_view DatagramBatch::Bytes(int index) const {
  const auto i = static_cast<size_t>(index);
  return {bytes_.get() + i * kMessageBytesMax, messages_[i].msg_len};
}

size_t DatagramBatch::DatagramBytes(int index) const {
  const mmsghdr& message = messages_[static_cast<size_t>(index)];
  const cmsghdr* control = CMSG_FIRSTHDR(&message.msg_hdr);
  if (control == nullptr || control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO)
    return message.msg_len;
  int each;
  std::memcpy(&each, CMSG_DATA(control), sizeof(each));
  return each > 0 ? static_cast<size_t>(each) : message.msg_len;
}

void DatagramBatch::Reflect(int fd) {
  for (int i = 0; i < count_; ++i) {
    const auto index = static_cast<size_t>(i);
    msghdr& header = messages_[index].msg_hdr;
    const auto each = static_cast<uint16_t>(DatagramBytes(i));
    parts_[index].iov_len = messages_[index].msg_len;
    if (messages_[index].msg_len <= each) {
      header.msg_control = nullptr;
      header.msg_controllen = 0;
      continue;
    }
    header.msg_control = controls_[index].bytes.data();
    header.msg_controllen = CMSG_SPACE(sizeof(each));
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(each));
    std::memcpy(CMSG_DATA(control), &each, sizeof(each));
  }
  // One that cannot be sent ends the call: the ones behind it go with the next.
  for (int sent = 0; sent < count_;) {
    const int now = sendmmsg(fd, messages_.data() + sent, static_cast<unsigned>(count_ - sent),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
    sent += now > 0 ? now : 1;
  }
}

}  // namespace sluice::load
