// Which addresses are this host's, as they come and go.

#include <cerrno>
#include <string>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

const Address kNotHere[] = {Address::FromV4({192, 0, 2, 77}), *Address::Parse("2001:db8::77")};
const Address kLinkLocal = *Address::Parse("fe80::77");
const char kMayNot[] = "this process may not change addresses: needs root or user namespaces";

TEST_P(KernelContract, OnlyThisHostsAddressesLeadHere) {
  EXPECT_EQ(kernel().LeadsHere(kLoopback.address), 1);
  EXPECT_EQ(kernel().LeadsHere(*Address::Parse("::1")), 1);
  for (const Address& address : kNotHere)
    EXPECT_EQ(kernel().LeadsHere(address), 0) << address.ToString();
}

TEST_P(KernelContract, AnAddressLeadsHereFromTheMomentItIsGivenUntilItIsTaken) {
  for (const Address& address : kNotHere) {
    if (!world().SetAddress(address, true)) GTEST_SKIP() << kMayNot;
    EXPECT_EQ(kernel().LeadsHere(address), 1) << address.ToString();
    EXPECT_TRUE(world().SetAddress(address, false));
    EXPECT_EQ(kernel().LeadsHere(address), 0) << address.ToString();
  }
}

TEST_P(KernelContract, AddressesThatComeAndGoAreToldOf) {
  for (const Address& address : kNotHere) {
    for (const bool here : {true, false}) {
      Asked& change = AskAwaitAddressChange();
      Settle();
      EXPECT_TRUE(change.op.in_flight()) << "nothing has changed";
      if (!world().SetAddress(address, here)) GTEST_SKIP() << kMayNot;
      EXPECT_GT(Next(change).result, 0) << address.ToString();
    }
  }
}

TEST_P(KernelContract, AChangeBeforeItIsAskedForIsNoNews) {
  if (!world().SetAddress(kNotHere[0], true)) GTEST_SKIP() << kMayNot;
  Asked& change = AskAwaitAddressChange();
  Settle();
  EXPECT_TRUE(change.op.in_flight());
  EXPECT_TRUE(world().SetAddress(kNotHere[0], false));
  EXPECT_GT(Next(change).result, 0);
}

TEST_P(KernelContract, TheWaitForAnAddressChangeCanBeCancelled) {
  Asked& change = AskAwaitAddressChange();
  Settle();
  kernel().Cancel(change.op);
  EXPECT_EQ(Next(change).result, -ECANCELED);
}

// --- Link-local addresses

TEST_P(KernelContract, ALinkLocalAddressNeedsAnInterface) {
  const std::string interface = world().GiveLinkLocal(kLinkLocal);
  if (interface.empty()) GTEST_SKIP() << kMayNot;
  const Endpoint at{kLinkLocal, 0};
  Address source;
  EXPECT_EQ(kernel().Listen(at, 1, {}), -EINVAL);
  EXPECT_EQ(kernel().ListenOnce(at, ""), -EINVAL);
  EXPECT_EQ(kernel().OpenDatagramSocket(at, ""), -EINVAL);
  EXPECT_EQ(kernel().RouteSource(kLinkLocal, "", &source), -EINVAL);
  Listen(at, 1, {.interface = interface});
  Keep(kernel().ListenOnce(at, interface));
  Keep(kernel().OpenDatagramSocket(at, interface));
  EXPECT_EQ(kernel().RouteSource(kLinkLocal, interface, &source), 0);
  EXPECT_EQ(source, kLinkLocal);
}

TEST_P(KernelContract, AConnectionByLinkLocalAddressesIsBoundToItsInterface) {
  const std::string interface = world().GiveLinkLocal(kLinkLocal);
  if (interface.empty()) GTEST_SKIP() << kMayNot;
  const int listener = Listen(Endpoint{Address(), 0});
  const Endpoint to{kLinkLocal, LocalEndpoint(listener).port};
  const int client = OpenSocket(to.address, {.interface = interface});
  EXPECT_EQ(Next(AskConnect(client, to)).result, 0);
  const int server = NextAccepted(AskAcceptOne(listener));
  InterfaceName name;
  EXPECT_EQ(kernel().BoundInterface(server, &name), 0);
  EXPECT_EQ(name.view(), interface);
}

TEST_P(KernelContract, AnyOtherConnectionIsBoundToNone) {
  InterfaceName name;
  EXPECT_EQ(kernel().BoundInterface(Connect().server, &name), 0);
  EXPECT_EQ(name.view(), "");
}

}  // namespace
}  // namespace sluice
