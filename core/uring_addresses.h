#ifndef SLUICE_CORE_URING_ADDRESSES_H_
#define SLUICE_CORE_URING_ADDRESSES_H_

// UringAddresses: which addresses are this host's, asked of Linux's routes (rtnetlink) at the
// moment it matters: a list of addresses would be late by the time that it takes to hear of one
// more, and would not know what `ip route add local` brings here. And the news that the answers may
// be others now. One thread; part of a UringKernel.

#include <cstdint>

#include "absl/status/status.h"
#include "core/address.h"

namespace sluice {

class UringAddresses {
 public:
  UringAddresses() = default;
  ~UringAddresses();
  UringAddresses(const UringAddresses&) = delete;
  UringAddresses& operator=(const UringAddresses&) = delete;

  // The status is one sentence.
  absl::Status Open();

  // See Kernel::LeadsHere.
  int LeadsHere(const Address& to);

  // Readable when local routes have come or gone since ForgetNews.
  int news_fd() const { return news_fd_; }
  void ForgetNews();

 private:
  int AwaitAnswer();

  int query_fd_ = -1;
  int news_fd_ = -1;
  uint32_t asked_ = 0;  // queries, by which answers are told apart
};

}  // namespace sluice

#endif  // SLUICE_CORE_URING_ADDRESSES_H_
