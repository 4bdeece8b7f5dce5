#include "relay/reply_code.h"

#include <cerrno>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// docs/PROTOCOLS.md has the same table for people.
TEST(ReplyCodeTest, EveryErrorOfAConnectHasTheReplyThatClientsExpect) {
  struct Row {
    int error;
    Rep rep;
  };
  const Row rows[] = {
      {ECONNREFUSED, Rep::kConnectionRefused},
      {ECONNRESET, Rep::kConnectionRefused},
      {ENETUNREACH, Rep::kNetworkUnreachable},
      {ENETDOWN, Rep::kNetworkUnreachable},
      {EADDRNOTAVAIL, Rep::kNetworkUnreachable},
      {ENODEV, Rep::kNetworkUnreachable},
      {EHOSTUNREACH, Rep::kHostUnreachable},
      {EHOSTDOWN, Rep::kHostUnreachable},
      {ETIMEDOUT, Rep::kTtlExpired},
      {EACCES, Rep::kNotAllowed},
      {EPERM, Rep::kNotAllowed},
      {EAFNOSUPPORT, Rep::kAddressTypeNotSupported},
  };
  for (const Row& row : rows) EXPECT_EQ(RepOfConnectError(row.error), row.rep) << row.error;
}

TEST(ReplyCodeTest, FailureOfTheGatewayItselfIsAGeneralFailure) {
  for (const int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS, EADDRINUSE, EINVAL, 0, 100'000}) {
    EXPECT_EQ(RepOfConnectError(error), Rep::kGeneralFailure) << error;
  }
}

TEST(ReplyCodeTest, NoErrorIsASuccess) {
  for (int error = 0; error < 4096; ++error)
    EXPECT_NE(RepOfConnectError(error), Rep::kSucceeded) << error;
}

}  // namespace
}  // namespace sluice
