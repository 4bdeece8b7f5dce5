// Ones who want everything, in worlds made of seeds: greedy sources keep open as much as they are
// given, in every manner there is, and come again for what they are refused; meanwhile others come,
// one after another, and each must be served at once. When the greedy ones have gone, every place
// is there again.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/dice.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

constexpr uint64_t kSeeds = 100;
// Far less than any time-out: whoever waits for one was kept out.
constexpr absl::Duration kAtOnce = absl::Seconds(20);

std::string Bytes(std::initializer_list<int> octets) {
  std::string bytes;
  for (const int octet : octets) bytes += static_cast<char>(octet);
  return bytes;
}

std::string Request(int command, int host) {
  return Bytes({5, 1, 0, 5, command, 0, 1, 203, 0, 113, host, 0, 80});
}

// The gateway's kernel misbehaves as it may; the network loses nothing, so that whoever is not
// served was kept out by others.
SimFaults FaultsOfTheKernel(Dice& dice) {
  SimFaults faults = SimFaults::Random(dice);
  faults.connect_ignored = faults.connection_cut = 0;
  faults.socket_refused = faults.port_taken = 0;
  // With 100 ms for each accept any queue is long.
  faults.delay_max = std::min(faults.delay_max, absl::Milliseconds(5));
  return faults;
}

class GreedyWorld {
 public:
  explicit GreedyWorld(uint64_t seed) : dice_(seed), options_(PickGround(seed)), stage_(options_) {
    greedy_target_ = &Target(1);
    target_ = &Target(2);
    SimName& nobody = stage_.zone()["nobody.test"];
    nobody.status = NameAnswer::Status::kFailed;
    nobody.answered_after = absl::Seconds(6);
    stage_.Configure(
        "backlog = 4096\n[timeouts]\nhandshake = \"90s\"\n"
        "[[rule]]\nname = \"all\"\nverdict = \"allow\"\n");
    for (int i = 0; i < greedy_count_; ++i) greedy_.push_back({&NewHost(), dice_.Chance(0.7), {}});
  }

  std::vector<std::string> Play() {
    for (int round = 0; round < 12; ++round) {
      for (Greedy& one : greedy_) Grab(one);
      Pass(dice_.Between(absl::Milliseconds(1), absl::Seconds(4)));
      std::unique_ptr<Visit> visit = Come();
      if (!Await({visit.get()})) Fail(absl::StrCat("kept out in round ", round));
      visit->talker.Reset();
    }
    turned_away_ = stage_.Count().sessions_turned_away;
    stage_.network().CalmDown();
    for (Greedy& one : greedy_) {
      for (Grip& grip : one.grips) grip.talker.Close();
    }
    if (!stage_.AwaitQuiet()) Fail("sessions of clients that have gone go on");
    // Every place is there again, for as many sources.
    std::vector<std::unique_ptr<Visit>> visits;
    std::vector<Visit*> all;
    for (int i = 0; i < options_.shard.sessions_max; ++i) {
      visits.push_back(Come());
      all.push_back(visits.back().get());
    }
    if (!Await(all)) {
      const auto served = std::count_if(all.begin(), all.end(), Served);
      Fail(absl::StrCat("of ", all.size(), " places ", served, " are there again, with ",
                        stage_.gateway().sessions_open(), " sessions open"));
    }
    for (Visit* visit : all) visit->talker.Reset();
    std::vector<std::string> wrong = stage_.End();
    wrong.insert(wrong.end(), wrong_.begin(), wrong_.end());
    return wrong;
  }
  uint64_t turned_away() const { return turned_away_; }

 private:
  // One connection of a greedy one.
  struct Grip {
    explicit Grip(SimSocket& socket) : talker(socket) {}
    Talker talker;
    bool asked = false;
  };
  struct Greedy {
    SimHost* host;
    bool v4;
    std::list<Grip> grips;
  };
  struct Visit {
    explicit Visit(SimSocket& socket) : talker(socket) {}
    Talker talker;
    bool asked = false;
  };

  GatewayStage::Options PickGround(uint64_t seed) {
    GatewayStage::Options options;
    options.seed = seed;
    if (dice_.Chance(0.7)) options.faults = FaultsOfTheKernel(dice_);
    options.shards = static_cast<int>(dice_.Between(1, 4));
    greedy_count_ = static_cast<int>(dice_.Between(1, 2));
    // So many that the share of each leaves a place, see limits::kShareOfFree.
    options.shard.sessions_max = static_cast<int>(dice_.Between(100, 140)) * greedy_count_;
    return options;
  }
  SimListener& Target(int index) {
    SimHost& host = stage_.Peer(index);
    return *stage_.network().Listen(host, {host.addresses()[0], 80}, /*backlog=*/1024);
  }
  SimHost& NewHost() {
    ++hosts_;
    return stage_.network().AddHost(
        {*Address::Parse(absl::StrCat("10.9.", hosts_ / 250, ".", 1 + hosts_ % 250)),
         *Address::Parse(absl::StrCat("2001:db8:9:", hosts_, "::1"))});
  }
  SimSocket& Connect(SimHost& host, bool v4) {
    SimSocket& socket = stage_.network().NewSocket(host);
    socket.Connect({stage_.gateway_host().addresses()[v4 ? 0 : 1], GatewayStage::kPort});
    return socket;
  }

  void Grab(Greedy& one) {
    std::erase_if(one.grips, [](Grip& grip) { return grip.talker.ended(); });
    for (Grip& grip : one.grips) {
      if (grip.asked || grip.talker.socket().connecting()) continue;
      grip.asked = true;
      grip.talker.Say(PickWish());
    }
    const auto wanted = static_cast<size_t>(options_.shard.sessions_max + 20);
    while (one.grips.size() < wanted) one.grips.emplace_back(Connect(*one.host, one.v4));
  }
  std::string PickWish() {
    switch (dice_.Between(0, 7)) {
      case 0: return Request(/*CONNECT*/ 1, 1);
      case 1: return Request(/*BIND*/ 2, 1);
      case 2: return Request(/*UDP ASSOCIATE*/ 3, 1);
      case 3: return Bytes({5, 1, 0, 5, 1, 0, 3, 11}) + "nobody.test" + Bytes({0, 80});
      case 4: return Bytes({5, 1, 0});
      case 5: return Bytes({5});
      case 6: return "GET / HTTP/1.0\r\n\r\n";
      default: return "";
    }
  }

  std::unique_ptr<Visit> Come() {
    return std::make_unique<Visit>(Connect(NewHost(), dice_.Chance(0.5)));
  }
  static void Ask(Visit& visit) {
    if (visit.asked || visit.talker.socket().connecting()) return;
    visit.asked = true;
    visit.talker.Say(Request(1, 2));
  }
  static bool Served(Visit* visit) {
    return visit->talker.Heard().size() >= 12 && visit->talker.Heard()[3] == 0;
  }
  bool Await(const std::vector<Visit*>& visits) {
    return stage_.Await(
        [&] {
          AcceptAll();
          for (Visit* visit : visits) Ask(*visit);
          return std::all_of(visits.begin(), visits.end(), Served);
        },
        kAtOnce);
  }
  void Pass(absl::Duration time) {
    stage_.Await(
        [this] {
          AcceptAll();
          return false;
        },
        time);
    if (stage_.gateway().sessions_open() > options_.shard.sessions_max)
      Fail("more sessions than places");
  }
  void AcceptAll() {
    for (SimListener* target : {greedy_target_, target_}) {
      while (target->has_waiting()) stage_.Accept(*target);
    }
  }
  void Fail(std::string what) { wrong_.push_back(std::move(what)); }

  Dice dice_;
  int greedy_count_ = 1;
  const GatewayStage::Options options_;
  GatewayStage stage_;
  SimListener* greedy_target_;
  SimListener* target_;
  std::vector<Greedy> greedy_;
  int hosts_ = 0;
  uint64_t turned_away_ = 0;
  std::vector<std::string> wrong_;
};

TEST(GreedySeedsTest, NobodyIsKeptOutByOthers) {
  FLAGS_minloglevel = google::GLOG_ERROR;
  uint64_t turned_away = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    GreedyWorld world(seed);
    ASSERT_THAT(world.Play(), testing::IsEmpty()) << "seed " << seed;
    turned_away += world.turned_away();
  }
  EXPECT_GT(turned_away, kSeeds * 100) << "what no seed reaches is not tested by any";
}

}  // namespace
}  // namespace sluice
