// Names through the whole gateway: a family or a server that is silent, servers and files that
// change, and one who wants everything. Time is the simulation's.

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;
using Mood = SimNameServers::Mood;

constexpr char kAllowAll[] = R"(
[[rule]]
name = "all"
verdict = "allow"
)";
constexpr uint16_t kTargetPort = 80;
constexpr char kConnect = 1;
constexpr char kBind = 2;
// Much less than any server is waited for.
constexpr absl::Duration kSoon = absl::Milliseconds(500);

class NamesSimTest : public ::testing::Test {
 protected:
  NamesSimTest() { stage_.Configure(kAllowAll); }
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  // Of one target, which listens at both.
  SimName Dual() {
    SimHost& target = stage_.Peer(1);
    if (!listening_) {
      for (const Address& address : target.addresses())
        stage_.Listen(target, Endpoint{address, kTargetPort});
      listening_ = true;
    }
    return SimName{.addresses = target.addresses(), .answered_after = absl::Milliseconds(10)};
  }
  Talker& Asks(std::string_view name, char command = kConnect) {
    Talker& client = stage_.Client();
    std::string request{5, 1, 0, 5, command, 0, 3, static_cast<char>(name.size())};
    request.append(name);
    client.Say(request + std::string{0, static_cast<char>(kTargetPort)});
    return client;
  }
  // REP, once it is there; -1 where nothing came in time.
  int Reply(Talker& client, absl::Duration patience) {
    if (!stage_.Await([&] { return client.Heard().size() >= 12; }, patience)) return -1;
    return client.Heard()[3];
  }
  int Connect(std::string_view name, absl::Duration patience = kSoon) {
    return Reply(Asks(name), patience);
  }

  GatewayStage stage_;
  bool listening_ = false;
};

TEST_F(NamesSimTest, SilentFamilyHoldsUpNobody) {
  for (const char* name : {"four.test", "six.test"}) {
    SimName known = Dual();
    (name[0] == 'f' ? known.v6_later : known.v4_later) = absl::InfiniteDuration();
    stage_.zone()[name] = known;
    EXPECT_EQ(Connect(name), 0) << name;
    EXPECT_EQ(Reply(Asks(name, kBind), kSoon), 0) << name;
  }
}

TEST_F(NamesSimTest, FamilyThatIsLateIsDialledBesideOneThatLeadsNowhere) {
  SimName name = Dual();
  name.addresses = {*Address::Parse("198.51.100.77"), stage_.Peer(1).addresses()[1]};
  name.v6_later = absl::Milliseconds(300);
  stage_.zone()["late.test"] = name;
  stage_.network().SetRoute(name.addresses[0], SimRoute::kSilent);
  EXPECT_EQ(Connect("late.test", absl::Seconds(2)), 0);
}

TEST_F(NamesSimTest, RulesLookAtTheFamilyThatIsLate) {
  stage_.Configure(R"(
[[rule]]
name = "six_only"
destination = ["2001:db8:7::/48"]
verdict = "allow"
)");
  SimName name = Dual();
  name.v6_later = absl::Milliseconds(300);
  stage_.zone()["late.test"] = name;
  EXPECT_EQ(Connect("late.test", absl::Seconds(2)), 0);
}

TEST_F(NamesSimTest, OnlyTheFirstNameWaitsForADeadServer) {
  stage_.gateway().name_servers().SetMood(SimNameServers::At(0), Mood::kSilent);
  stage_.gateway().ChangeNameServers({SimNameServers::At(0), SimNameServers::At(1)});
  for (const char* name : {"a.test", "b.test", "c.test"}) stage_.zone()[name] = Dual();
  EXPECT_EQ(Connect("a.test"), -1);
  stage_.Pass(limits::kNameServerTimeout);
  for (const char* name : {"a.test", "b.test", "c.test"}) EXPECT_EQ(Connect(name), 0) << name;
}

TEST_F(NamesSimTest, NameThatWaitsIsAskedOfOtherServersWhenTheyCome) {
  stage_.gateway().name_servers().SetMood(SimNameServers::At(0), Mood::kSilent);
  stage_.zone()["a.test"] = Dual();
  Talker& client = Asks("a.test");
  EXPECT_EQ(Reply(client, kSoon), -1);
  stage_.gateway().ChangeNameServers({SimNameServers::At(1)});
  EXPECT_EQ(Reply(client, kSoon), 0);
}

TEST_F(NamesSimTest, OneWhoseNamesNobodyAnswersTakesItsOwnPlacesOnly) {
  SimName silent;
  silent.v4_later = silent.v6_later = absl::InfiniteDuration();
  stage_.zone()["other.test"] = Dual();
  std::vector<Talker*> greedy;
  for (int i = 0; i <= limits::kSourceNames; ++i) {
    const std::string name = absl::StrCat("n", i, ".dead.test");
    stage_.zone()[name] = silent;
    greedy.push_back(&Asks(name));
  }
  EXPECT_EQ(Reply(*greedy.back(), kSoon), 1);
  EXPECT_EQ(stage_.Count().resolver_refused, 1u);
  // From another network.
  Talker& other = stage_.Client(/*v4=*/false);
  other.Say(std::string{5, 1, 0, 5, kConnect, 0, 3, 10} + "other.test" +
            std::string{0, kTargetPort});
  EXPECT_EQ(Reply(other, kSoon), 0);
}

}  // namespace
}  // namespace sluice
