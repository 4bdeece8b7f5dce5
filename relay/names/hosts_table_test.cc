#include "relay/names/hosts_table.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Address At(const char* text) { return *Address::Parse(text); }

TEST(HostsTableTest, EveryNameOfALineLeadsToItsAddressInTheOrderOfTheFile) {
  const HostsTable table = *HostsTable::Parse(
      "# comment\n"
      "127.0.0.1\tlocalhost\n"
      "::1  localhost ip6-localhost # and so on\n"
      "\n"
      "192.0.2.7 Printer.Office.Test. printer\r\n"
      "192.0.2.8 printer");
  EXPECT_THAT(table.Find("localhost"), ElementsAre(At("127.0.0.1"), At("::1")));
  EXPECT_THAT(table.Find("ip6-localhost"), ElementsAre(At("::1")));
  EXPECT_THAT(table.Find("printer.office.test"), ElementsAre(At("192.0.2.7")));
  EXPECT_THAT(table.Find("printer"), ElementsAre(At("192.0.2.7"), At("192.0.2.8")));
  EXPECT_THAT(table.Find("and"), IsEmpty());
  EXPECT_THAT(table.Find("office.test"), IsEmpty());
  EXPECT_EQ(table.names(), 4u);
}

TEST(HostsTableTest, LineThatIsNoneIsPassedOver) {
  const HostsTable table = *HostsTable::Parse(
      "192.0.2.1\n"
      "name 192.0.2.2\n"
      "192.0.2 short\n"
      "fe80::1%eth0 zone\n"
      "192.0.2.3 good");
  EXPECT_EQ(table.names(), 1u);
  EXPECT_THAT(table.Find("good"), ElementsAre(At("192.0.2.3")));
}

TEST(HostsTableTest, NothingIsInAnEmptyOne) {
  EXPECT_THAT(HostsTable().Find("localhost"), IsEmpty());
  EXPECT_EQ(HostsTable::Parse("")->names(), 0u);
}

TEST(HostsTableTest, MoreNamesThanMayBeAreRefused) {
  std::string text = "192.0.2.1";
  for (size_t i = 0; i < limits::kHostsNamesMax; ++i) absl::StrAppend(&text, " n");
  EXPECT_TRUE(HostsTable::Parse(text).ok());
  EXPECT_FALSE(HostsTable::Parse(text + " n").ok());
}

}  // namespace
}  // namespace sluice
