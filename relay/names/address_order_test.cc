#include "relay/names/address_order.h"

#include <initializer_list>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;

Address At(const char* text) { return *Address::Parse(text); }

class AddressOrderTest : public ::testing::Test {
 protected:
  // On a host that has `own`.
  bool Order(std::initializer_list<const char*> own, std::initializer_list<const char*> addresses) {
    SimNetwork network(1);
    std::vector<Address> has;
    for (const char* address : own) has.push_back(At(address));
    SimProcess process(network, network.AddHost(has));
    SimKernel kernel(process, SimKernel::Options());
    ordered_.clear();
    for (const char* address : addresses) ordered_.push_back(At(address));
    return OrderAddresses(kernel, &ordered_);
  }
  std::vector<Address> ordered_;
};

TEST_F(AddressOrderTest, Ipv6ComesFirstWhereItHasARoute) {
  EXPECT_TRUE(Order({"10.0.0.1", "2001:db8::1"}, {"192.0.2.1", "2001:db8:1::1"}));
  EXPECT_THAT(ordered_, ElementsAre(At("2001:db8:1::1"), At("192.0.2.1")));
}

TEST_F(AddressOrderTest, WhatHasNoRouteComesLast) {
  EXPECT_TRUE(Order({"10.0.0.1"}, {"2001:db8:1::1", "192.0.2.1"}));
  EXPECT_THAT(ordered_, ElementsAre(At("192.0.2.1"), At("2001:db8:1::1")));
  EXPECT_FALSE(Order({"10.0.0.1"}, {"2001:db8:1::1"}));
}

TEST_F(AddressOrderTest, Ipv4ComesBeforeAnAddressOfTheInsideThatItsSourceDoesNotMatch) {
  // RFC 6724 section 10.6: the policy table has unique local addresses last.
  EXPECT_TRUE(Order({"10.0.0.1", "2001:db8::1"}, {"fd00::1", "192.0.2.1"}));
  EXPECT_THAT(ordered_, ElementsAre(At("192.0.2.1"), At("fd00::1")));
}

TEST_F(AddressOrderTest, LongerCommonPrefixWithTheSourceComesFirst) {
  EXPECT_TRUE(Order({"2001:db8:1::1"}, {"2001:db8:2::1", "2001:db8:1::9"}));
  EXPECT_THAT(ordered_, ElementsAre(At("2001:db8:1::9"), At("2001:db8:2::1")));
}

TEST_F(AddressOrderTest, Ipv4KeepsTheOrderOfTheAnswer) {
  EXPECT_TRUE(Order({"10.0.0.1"}, {"192.0.2.9", "192.0.2.1", "10.0.0.2"}));
  EXPECT_THAT(ordered_, ElementsAre(At("192.0.2.9"), At("192.0.2.1"), At("10.0.0.2")));
  EXPECT_TRUE(Order({"10.0.0.1", "2001:db8::1"}, {"192.0.2.9", "2001:db8:1::1", "192.0.2.1"}));
  EXPECT_THAT(ordered_, ElementsAre(At("2001:db8:1::1"), At("192.0.2.9"), At("192.0.2.1")));
}

}  // namespace
}  // namespace sluice
