// Who gets in where many want to, as clients of several sources see it.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/log/access_record.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;

constexpr char kAllowAll[] = "[[rule]]\nname = \"all\"\nverdict = \"allow\"\n";

std::string Bytes(std::initializer_list<int> octets) {
  std::string bytes;
  for (const int octet : octets) bytes += static_cast<char>(octet);
  return bytes;
}

GatewayStage::Options With(int shards, int sessions_max, uint64_t seed = 1) {
  GatewayStage::Options options;
  options.seed = seed;
  options.shards = shards;
  options.shard.sessions_max = sessions_max;
  return options;
}

// A gateway, a target that everybody asks for, and as many hosts of clients as are wanted.
class Stage {
 public:
  explicit Stage(const GatewayStage::Options& options, std::string_view limits = "")
      : stage_(options),
        target_(stage_.Listen(stage_.Peer(1), {stage_.Peer(1).addresses()[0], 80})) {
    stage_.Configure(std::string(limits) + kAllowAll);
  }
  ~Stage() { EXPECT_THAT(stage_.End(), IsEmpty()); }

  GatewayStage& stage() { return stage_; }
  SimHost& NewHost() {
    ++hosts_;
    return stage_.network().AddHost(
        {*Address::Parse(absl::StrCat("10.9.", hosts_ / 250, ".", 1 + hosts_ % 250)),
         *Address::Parse(absl::StrCat("2001:db8:9:", hosts_, "::1"))});
  }
  // Connected, and silent.
  Talker& From(SimHost& host, bool v4 = true) {
    return stage_.Dial(host, {stage_.gateway_host().addresses()[v4 ? 0 : 1], GatewayStage::kPort});
  }
  std::vector<Talker*> From(SimHost& host, int times) {
    std::vector<Talker*> all;
    for (int i = 0; i < times; ++i) all.push_back(&From(host));
    Settle();
    return all;
  }
  void Ask(Talker& client, int command = 1) {
    client.Say(Bytes({5, 1, 0, 5, command, 0, 1, 203, 0, 113, 1, 0, 80}));
  }
  // What it is answered, -1 where it is not.
  int Code(Talker& client, absl::Duration patience = absl::Seconds(2)) {
    stage_.Await(
        [&] {
          while (target_.has_waiting()) stage_.Accept(target_);
          return client.Heard().size() >= 12 || client.ended();
        },
        patience);
    return client.Heard().size() >= 12 ? client.Heard()[3] : -1;
  }
  bool Served(Talker& client) {
    Ask(client);
    return Code(client) == 0;
  }
  void Settle() { stage_.Pass(absl::Milliseconds(100)); }
  const AccessRecord& Last() { return stage_.gateway().records().back(); }

 private:
  GatewayStage stage_;
  SimListener& target_;
  int hosts_ = 0;
};

int Open(const std::vector<Talker*>& talkers) {
  return static_cast<int>(
      std::count_if(talkers.begin(), talkers.end(), [](Talker* t) { return !t->ended(); }));
}

// --- One number for all shards

TEST(AdmissionSimTest, EveryPlaceIsTakenHoweverTheShardsAreChosen) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Stage world(With(3, 12, seed));
    std::vector<Talker*> served;
    for (int i = 0; i < 12; ++i) {
      served.push_back(&world.From(world.NewHost()));
      EXPECT_TRUE(world.Served(*served.back())) << i;
    }
    EXPECT_EQ(world.stage().gateway().sessions_open(), 12);
    // Some more than listeners that could accept one.
    std::vector<Talker*> waiting;
    for (int i = 0; i < 8; ++i) {
      waiting.push_back(&world.From(world.NewHost()));
      world.Ask(*waiting.back());
    }
    EXPECT_EQ(world.Code(*waiting.front(), absl::Minutes(10)), -1);
    EXPECT_EQ(Open(waiting), 8) << "they wait";
    EXPECT_EQ(world.stage().gateway().sessions_open(), 12);
    for (Talker* client : served) client->Reset();
    for (Talker* client : waiting) EXPECT_EQ(world.Code(*client), 0);
  }
}

TEST(AdmissionSimTest, WhoWaitsForAPlaceIsLetGoWhenTheGatewayDrains) {
  Stage world(With(2, 2));
  Talker& first = world.From(world.NewHost());
  Talker& second = world.From(world.NewHost());
  EXPECT_TRUE(world.Served(first) && world.Served(second));
  Talker& third = world.From(world.NewHost());
  world.Settle();
  EXPECT_FALSE(third.ended());
  world.stage().gateway().gateway().Drain();
  world.Settle();
  EXPECT_TRUE(third.ended());
  EXPECT_FALSE(first.ended());
}

// --- Sources

TEST(AdmissionSimTest, SilentConnectionsOfOneSourceKeepNobodyOut) {
  for (const bool v4 : {true, false}) {
    SCOPED_TRACE(v4);
    Stage world(With(2, 100));
    SimHost& greedy = world.NewHost();
    for (int i = 0; i < 200; ++i) world.From(greedy, v4);
    for (int i = 0; i < 5; ++i) {
      Talker& other = world.From(world.NewHost(), v4);
      EXPECT_TRUE(world.Served(other)) << i;
      other.Reset();
    }
    const Counters::Totals counters = world.stage().Count();
    EXPECT_GT(counters.sessions_turned_away, 90u);
    EXPECT_EQ(counters.places_awaited, 0u);
    const AccessRecord& record = world.stage().gateway().records().front();
    EXPECT_EQ(record.ended_by, EndedBy::kLimit);
    EXPECT_EQ(record.why, "its source has as many sessions as it may");
  }
}

TEST(AdmissionSimTest, TunnelsOfOneSourceKeepNobodyOut) {
  Stage world(With(2, 100));
  SimHost& greedy = world.NewHost();
  for (int i = 0; i < 120; ++i) world.Served(world.From(greedy));
  EXPECT_TRUE(world.Served(world.From(world.NewHost())));
}

TEST(AdmissionSimTest, OneSourceAloneMayHaveAllOfAFew) {
  Stage world(With(2, 40));
  for (Talker* client : world.From(world.NewHost(), 40)) EXPECT_TRUE(world.Served(*client));
}

TEST(AdmissionSimTest, WhereThereAreFewPlacesSilentOnesMakeRoom) {
  Stage world(With(2, 40));
  world.From(world.NewHost(), 60);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(world.Served(world.From(world.NewHost()))) << i;
  EXPECT_EQ(world.stage().Count().handshakes_crowded_out, 10u);
}

TEST(AdmissionSimTest, BoundsOfASourceAreReadAgain) {
  Stage world(With(2, 50), "[limits]\nsessions = 3\n");
  SimHost& host = world.NewHost();
  for (Talker* client : world.From(host, 3)) EXPECT_TRUE(world.Served(*client));
  Talker& fourth = world.From(host);
  world.Settle();
  EXPECT_TRUE(fourth.reset());
  EXPECT_EQ(world.Last().ended_by, EndedBy::kLimit);
  EXPECT_EQ(world.Last().client, fourth.socket().local());
  EXPECT_TRUE(world.Served(world.From(world.NewHost()))) << "it is another's";
  world.stage().Configure(absl::StrCat("[limits]\nsessions = 5\nhandshakes = 1\n", kAllowAll));
  Talker& silent = world.From(host);
  Talker& too_many = world.From(host);
  world.Settle();
  EXPECT_FALSE(silent.ended());
  EXPECT_TRUE(too_many.reset());
  EXPECT_EQ(world.Last().why, "its source has as many unfinished handshakes as it may");
  EXPECT_TRUE(world.Served(silent)) << "and then it is finished";
  Talker& next = world.From(host);
  world.Settle();
  EXPECT_FALSE(next.ended());
}

// --- Who goes where no place is left

TEST(AdmissionSimTest, TheOldestUnfinishedHandshakeOfTheGreediestGoes) {
  Stage world(With(1, 40));
  const std::vector<Talker*> few = world.From(world.NewHost(), 12);
  const std::vector<Talker*> most = world.From(world.NewHost(), 16);
  const std::vector<Talker*> others = world.From(world.NewHost(), 12);
  EXPECT_EQ(world.stage().gateway().sessions_open(), 40);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(world.Served(world.From(world.NewHost())));
    EXPECT_EQ(Open(most), 15 - static_cast<int>(i));
    EXPECT_TRUE(most[i]->reset()) << "the oldest that is left";
    EXPECT_EQ(world.Last().client, most[i]->socket().local());
    EXPECT_EQ(world.Last().ended_by, EndedBy::kLimit);
  }
  EXPECT_EQ(Open(few) + Open(others), 24);
  EXPECT_EQ(world.stage().Count().handshakes_crowded_out, 3u);
  EXPECT_EQ(world.stage().Count().places_awaited, 3u);
}

TEST(AdmissionSimTest, RoomIsMadeOnAnotherShardWhereThisOneHasNoCrowd) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Stage world(With(4, 12, seed));
    const std::vector<Talker*> crowd = world.From(world.NewHost(), 9);
    for (int i = 0; i < 3; ++i) world.From(world.NewHost());
    world.Settle();
    EXPECT_TRUE(world.Served(world.From(world.NewHost())));
    EXPECT_TRUE(world.Served(world.From(world.NewHost())));
    EXPECT_EQ(Open(crowd), 7);
  }
}

TEST(AdmissionSimTest, WhereNobodyHasACrowdClientsWait) {
  Stage world(With(2, 14));
  const std::vector<Talker*> these = world.From(world.NewHost(), 7);
  const std::vector<Talker*> those = world.From(world.NewHost(), 7);
  Talker& newcomer = world.From(world.NewHost());
  world.Ask(newcomer);
  EXPECT_EQ(world.Code(newcomer, absl::Seconds(5)), -1);
  EXPECT_EQ(Open(these) + Open(those), 14);
  these[3]->Close();
  EXPECT_EQ(world.Code(newcomer), 0);
}

// --- What takes two places

TEST(AdmissionSimTest, AssociationsAndBindsHaveASecondPlace) {
  for (const int command : {2, 3}) {
    SCOPED_TRACE(command);
    Stage world(With(1, 4));
    Talker& first = world.From(world.NewHost());
    Talker& second = world.From(world.NewHost());
    for (Talker* client : {&first, &second}) {
      world.Ask(*client, command);
      EXPECT_EQ(world.Code(*client), 0);
    }
    Talker& third = world.From(world.NewHost());
    world.Ask(third);
    EXPECT_EQ(world.Code(third, absl::Seconds(1)), -1) << "all four are taken";
    first.Close();
    EXPECT_EQ(world.Code(third), 0);
    Talker& fourth = world.From(world.NewHost());
    world.Ask(fourth, command);
    EXPECT_EQ(world.Code(fourth), 1) << "there is a place for it, and none for what it asks for";
    fourth.Close();
    EXPECT_TRUE(world.stage().Await([&] { return world.Last().client == fourth.socket().local(); },
                                    absl::Seconds(5)));
    EXPECT_EQ(world.Last().ended_by, EndedBy::kLimit);
  }
}

TEST(AdmissionSimTest, AssociationsAndBindsOfASourceAreBounded) {
  Stage world(With(1, 50), "[limits]\nassociations = 2\nbinds = 2\n");
  for (const int command : {2, 3}) {
    SCOPED_TRACE(command);
    SimHost& host = world.NewHost();
    const std::vector<Talker*> clients = world.From(host, 4);
    std::vector<int> codes;
    for (Talker* client : clients) {
      world.Ask(*client, command);
      codes.push_back(world.Code(*client));
    }
    EXPECT_THAT(codes, testing::ElementsAre(0, 0, 1, 1));
    Talker& other = world.From(world.NewHost());
    world.Ask(other, command);
    EXPECT_EQ(world.Code(other), 0) << "it is another's";
    clients[0]->Close();
    world.Settle();
    Talker& next = world.From(host);
    world.Ask(next, command);
    EXPECT_EQ(world.Code(next), 0);
  }
}

}  // namespace
}  // namespace sluice
