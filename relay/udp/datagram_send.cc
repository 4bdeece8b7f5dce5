#include "relay/udp/datagram_send.h"

#include <algorithm>

namespace sluice {

bool DatagramSend::Continues(int fd, const Endpoint& to, size_t bytes) const {
  return !complete_ && datagrams_ < Kernel::kDatagramsPerSendMax && bytes > 0 &&
         bytes <= datagram_bytes_ && fd == fd_ && bytes_ + bytes <= Kernel::kDatagramBytesMax &&
         to == to_;
}

void DatagramSend::Add(int fd, const Endpoint& to, absl::Span<const uint8_t> header,
                       absl::Span<const uint8_t> data) {
  const size_t bytes = header.size() + data.size();
  if (datagrams_ > 0 && (!Continues(fd, to, bytes) || header.size() != header_bytes_)) Flush();
  if (datagrams_ == 0) {
    fd_ = fd;
    to_ = to;
    header_bytes_ = header.size();
    datagram_bytes_ = bytes;
  }
  complete_ = bytes < datagram_bytes_;
  bytes_ += bytes;
  ++datagrams_;
  AddPart(header);
  AddPart(data);
}

void DatagramSend::AddPart(absl::Span<const uint8_t> bytes) {
  if (!bytes.empty()) iovecs_[parts_++] = iovec{const_cast<uint8_t*>(bytes.data()), bytes.size()};
}

void DatagramSend::Flush() {
  if (datagrams_ == 0) return;
  const int result =
      kernel_.SendDatagrams(fd_, to_, absl::MakeConstSpan(iovecs_.data(), parts_), datagram_bytes_);
  const auto taken = static_cast<uint32_t>(std::max(result, 0));
  sent_ += taken;
  dropped_ += datagrams_ - taken;
  data_bytes_ += (taken == datagrams_ ? bytes_ : taken * datagram_bytes_) - taken * header_bytes_;
  bytes_ = 0;
  datagrams_ = 0;
  parts_ = 0;
  complete_ = false;
}

}  // namespace sluice
