#include "bench/load/numbered_datagrams.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

namespace sluice::load {

NumberedDatagrams::NumberedDatagrams(std::string_view header, size_t payload_bytes, bool trains)
    : header_bytes_(header.size()),
      payload_bytes_(payload_bytes),
      trains_(trains),
      kept_(
          std::clamp<size_t>(kTrainBytesMax / (header.size() + payload_bytes), 1, kDatagramsMax)) {
  std::string one(header);
  one.append(kNumberBytes, '\0');
  for (size_t i = kNumberBytes; i < payload_bytes_; ++i)
    one.push_back(static_cast<char>('!' + i % 89));
  for (size_t i = 0; i < kept_; ++i) bytes_.append(one);
  for (size_t i = 0; i < kept_; ++i) {
    parts_[i] = {At(i), size()};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

void NumberedDatagrams::Add(uint64_t number) {
  std::memcpy(At(count_++) + header_bytes_, &number, sizeof(number));
}

void NumberedDatagrams::Flush(int fd) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (trains_ && count_ > 1) {
    const auto each = static_cast<uint16_t>(size());
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(each))> control{};
    iovec train = {bytes_.data(), count_ * size()};
    msghdr message{};
    message.msg_iov = &train;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* segment = CMSG_FIRSTHDR(&message);
    segment->cmsg_level = SOL_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(each));
    std::memcpy(CMSG_DATA(segment), &each, sizeof(each));
    sendmsg(fd, &message, kFlags);
  } else if (count_ > 0) {
    sendmmsg(fd, messages_.data(), static_cast<unsigned>(count_), kFlags);
  }
  count_ = 0;
}

std::optional<uint64_t> NumberedDatagrams::NumberOf(std::string_view payload) const {
  if (payload.size() != payload_bytes_) return std::nullopt;
  const std::string_view sent(bytes_.data() + header_bytes_, payload_bytes_);
  if (payload.substr(kNumberBytes) != sent.substr(kNumberBytes)) return std::nullopt;
  uint64_t number;
  std::memcpy(&number, payload.data(), sizeof(number));
  return number;
}

}  // namespace sluice::load
