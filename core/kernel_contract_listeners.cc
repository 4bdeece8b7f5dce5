// Who may listen where: alone, beside its own, and where the address is still to come.

#include <cerrno>
#include <vector>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

struct Family {
  Address one;
  Address all;
};
const Family kFamilies[] = {
    {*Address::Parse("127.0.0.1"), *Address::Parse("0.0.0.0")},
    {*Address::Parse("::1"), *Address::Parse("::")},
};
const Address kNotHere[] = {Address::FromV4({192, 0, 2, 77}), *Address::Parse("2001:db8::77")};

TEST_P(KernelContract, WhoDoesNotJoinIsRefusedWhereSomebodyListens) {
  for (const Family& family : kFamilies) {
    const uint16_t one = LocalEndpoint(Listen(Endpoint{family.one, 0})).port;
    EXPECT_EQ(kernel().Listen(Endpoint{family.one, one}, 1, {}), -EADDRINUSE);
    EXPECT_EQ(kernel().Listen(Endpoint{family.all, one}, 1, {}), -EADDRINUSE);
    const uint16_t all = LocalEndpoint(Listen(Endpoint{family.all, 0})).port;
    EXPECT_EQ(kernel().Listen(Endpoint{family.all, all}, 1, {}), -EADDRINUSE);
    EXPECT_EQ(kernel().Listen(Endpoint{family.one, all}, 1, {}), -EADDRINUSE);
  }
}

TEST_P(KernelContract, AGroupIsRefusedAsItsFirstListenerIs) {
  const Endpoint at = LocalEndpoint(Listen());
  Listen(at, 1, {.joins = true});
  Listen(at, 1, {.joins = true});
  EXPECT_EQ(kernel().Listen(at, 1, {}), -EADDRINUSE);
}

// From one address to all of them, and back, without a moment in which nobody listens.
TEST_P(KernelContract, AllAddressesAndOneJoinEachOther) {
  for (const Family& family : kFamilies) {
    const int one = Listen(Endpoint{family.one, 0});
    const uint16_t port = LocalEndpoint(one).port;
    const int all = Listen(Endpoint{family.all, port}, 1, {.joins = true});
    Close(one);
    Listen(Endpoint{family.one, port}, 1, {.joins = true});
    Close(all);
  }
}

TEST_P(KernelContract, AListenerIsOpenedAgainBesideConnectionsOfTheLastOne) {
  const int first = Listen();
  const Endpoint at = LocalEndpoint(first);
  const int client = OpenSocket();
  EXPECT_EQ(Next(AskConnect(client, at)).result, 0);
  const int server = NextAccepted(AskAcceptOne(first));
  Close(first);
  Close(Listen(at));  // beside the connection, and after its end
  Close(server);
  Close(client);
  Settle();
  Listen(at);
}

TEST_P(KernelContract, AListenerMayWaitForItsAddress) {
  for (const Address& address : kNotHere) {
    EXPECT_EQ(kernel().Listen(Endpoint{address, 0}, 1, {}), -EADDRNOTAVAIL);
    const int listener = Listen(Endpoint{address, 0}, 1, {.may_be_absent = true});
    const Endpoint at = LocalEndpoint(listener);
    EXPECT_EQ(at.address, address);
    if (!world().SetAddress(address, true)) GTEST_SKIP() << "this process may not change addresses";
    EXPECT_EQ(Next(AskConnect(OpenSocket(address), at)).result, 0);
    NextAccepted(AskAcceptOne(listener));
    EXPECT_TRUE(world().SetAddress(address, false));
  }
}

TEST_P(KernelContract, AListenerOfAnInterfaceThatDoesNotExistIsRefused) {
  EXPECT_EQ(kernel().Listen(kLoopback, 1, {.interface = "sluice-none"}), -ENODEV);
}

}  // namespace
}  // namespace sluice
