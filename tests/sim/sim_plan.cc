#include "tests/sim/sim_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

using Bytes = std::vector<uint8_t>;

void Append(Bytes* to, const Bytes& bytes) { to->insert(to->end(), bytes.begin(), bytes.end()); }
void AppendText(Bytes* to, const std::string& text) {
  to->insert(to->end(), text.begin(), text.end());
}
void AppendPort(Bytes* to, uint16_t port) {
  to->push_back(static_cast<uint8_t>(port >> 8));
  to->push_back(static_cast<uint8_t>(port));
}
void AppendAddress(Bytes* to, const Address& address) {
  const auto& bytes = address.bytes();
  to->insert(to->end(), bytes.begin() + (address.is_v4() ? 12 : 0), bytes.end());
}

// Among the methods is one that the gateway serves; and with a password always none, where that is
// served.
Bytes Greeting(Dice& dice, const std::vector<uint8_t>& served) {
  const bool none_served = std::find(served.begin(), served.end(), kMethodNone) != served.end();
  if (!none_served && dice.Chance(0.5)) return {5, 1, 2};
  switch (dice.Between(0, none_served ? 5 : 2)) {
    case 0: return {5, 3, 0, 1, 2};
    case 1: return {5, 2, 2, 0};
    case 2: {
      Bytes all = {5, 255};
      for (int method = 254; method >= 0; --method) all.push_back(static_cast<uint8_t>(method));
      return all;
    }
    default: return {5, 1, 0};
  }
}

// `spelt`: the address as text, which must be taken for the address.
Bytes Socks5Request(const SimPlan& plan, bool spelt, uint8_t rsv) {
  Bytes bytes = {5, static_cast<uint8_t>(plan.command), rsv};
  const std::string name = spelt ? plan.address.ToString() : plan.name;
  if (!name.empty()) {
    bytes.push_back(3);
    bytes.push_back(static_cast<uint8_t>(name.size()));
    AppendText(&bytes, name);
  } else {
    bytes.push_back(plan.address.is_v4() ? 1 : 4);
    AppendAddress(&bytes, plan.address);
  }
  AppendPort(&bytes, plan.port);
  return bytes;
}

Bytes Socks4Request(const SimPlan& plan, const std::string& user) {
  Bytes bytes = {4, static_cast<uint8_t>(plan.command)};
  AppendPort(&bytes, plan.port);
  if (plan.name.empty()) {
    AppendAddress(&bytes, plan.address);
  } else {
    Append(&bytes, {0, 0, 0, 7});
  }
  AppendText(&bytes, user);
  bytes.push_back(0);
  if (!plan.name.empty()) {
    AppendText(&bytes, plan.name);
    bytes.push_back(0);
  }
  return bytes;
}

void PickDestination(SimPlan& plan, SimWorld& world, Dice& dice) {
  plan.port = static_cast<uint16_t>(SimPlan::kFirstPort + plan.id);
  const bool v4_only = plan.version == Version::kSocks4;
  if (plan.version == Version::kSocks4a ||
      (plan.version == Version::kSocks5 && dice.Chance(0.45))) {
    plan.name = world.PickName();
    return;
  }
  plan.address = world.PickDestination(v4_only || dice.Chance(0.6));
  // 0.0.0.x is SOCKS4a's mark, and 0.0.0.0 is refused for looking like it.
  if (v4_only && plan.address.is_unspecified()) plan.address = world.gateway_address(/*v4=*/true);
  if (dice.Chance(0.04)) {
    const bool wanders = dice.Chance(0.5);
    plan.address = wanders ? world.wanderers()[v4_only || dice.Chance(0.5) ? 0 : 1]
                           : world.gateway_address(/*v4=*/true);
    plan.port = SimWorld::kServicePort;
  }
}

Bytes AuthMessage(const SimCredentials& credentials) {
  Bytes bytes = {1, static_cast<uint8_t>(credentials.user.size())};
  AppendText(&bytes, credentials.user);
  bytes.push_back(static_cast<uint8_t>(credentials.password.size()));
  AppendText(&bytes, credentials.password);
  return bytes;
}

void WriteScript(SimPlan& plan, Dice& dice, const std::vector<uint8_t>& served) {
  SimScript& script = plan.script;
  script.socks5 = plan.version == Version::kSocks5;
  const bool pipelined = dice.Chance(0.4);
  if (script.socks5) {
    const bool spelt = plan.name.empty() && dice.Chance(0.1);
    const Bytes greeting = Greeting(dice, served);
    script.says.push_back({greeting, 0});
    plan.method = ChosenMethod(served, Bytes(greeting.begin() + 2, greeting.end()));
    size_t answered = 2;
    if (plan.method == kMethodPassword) {
      const bool nobody_served =
          std::find(served.begin(), served.end(), kMethodNone) != served.end();
      plan.credentials = PickCredentials(dice, nobody_served);
      plan.dawdles |= plan.credentials.claim == SimClaim::kLate;
      script.says.push_back({AuthMessage(plan.credentials), pipelined ? size_t{0} : answered});
      answered += 2;
    }
    const uint8_t rsv = dice.Chance(0.05) ? 0x7F : 0;
    script.says.push_back({Socks5Request(plan, spelt, rsv), pipelined ? size_t{0} : answered});
  } else {
    const std::string user(dice.Chance(0.5) ? dice.Skewed(0, 255) : 0, 'u');
    script.says.push_back({Socks4Request(plan, user), 0});
  }
  if (dice.Chance(0.15)) script.write_bytes_max = 1;
  if (dice.Chance(0.15)) script.write_bytes_max = dice.Between(2, 20);
  script.optimistic = dice.Chance(0.25);
}

void Truncate(SimPlan& plan, Dice& dice) {
  static constexpr SimScript::After kAfter[] = {SimScript::After::kSilence, SimScript::After::kFin,
                                                SimScript::After::kReset};
  plan.kind = SimPlan::Kind::kTruncated;
  std::vector<SimScript::Say>& says = plan.script.says;
  size_t total = 0;
  for (const SimScript::Say& say : says) total += say.bytes.size();
  size_t kept = dice.Between(0, total - 1);
  for (SimScript::Say& say : says) {
    say.bytes.resize(std::min(kept, say.bytes.size()));
    kept -= say.bytes.size();
  }
  std::erase_if(says, [](const SimScript::Say& say) { return say.bytes.empty(); });
  plan.script.after = dice.Pick(kAfter, 3);
}

struct Malformed {
  Bytes bytes;
  std::optional<uint8_t> method;
  std::optional<uint8_t> code;
};

// What peers in the field send wrongly, with what it must be answered (SOCKS5 and not SOCKS at
// all).
const std::vector<Malformed>& MalformedSocks5() {
  static const auto* const kAll = new std::vector<Malformed>{
      {{0}, {}, {}},
      {{6, 1, 0}, {}, {}},
      {{'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '/', '1', '.', '1', 13, 10, 13, 10},
       {},
       {}},
      {{0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3}, {}, {}},
      {{5, 0}, 0xFF, {}},
      {{5, 1, 0x80}, 0xFF, {}},
      {{5, 1, 0xFF}, 0xFF, {}},
      {{5, 2, 1, 2}, 0xFF, {}},
      {{5, 1, 0, 4, 1, 0, 80, 127, 0, 0, 1, 0}, 0, {}},
      {{5, 1, 0, 1, 1, 'u', 1, 'p'}, 0, {}},
      {{5, 1, 0, 5, 0, 0, 1, 203, 0, 113, 1, 27, 88}, 0, 7},
      {{5, 1, 0, 5, 4, 0, 1, 203, 0, 113, 1, 27, 88}, 0, 7},
      {{5, 1, 0, 5, 0xFF, 0, 1, 203, 0, 113, 1, 27, 88}, 0, 7},
      {{5, 1, 0, 5, 1, 0, 0, 203, 0, 113, 1, 27, 88}, 0, 8},
      {{5, 1, 0, 5, 1, 0, 2, 203, 0, 113, 1, 27, 88}, 0, 8},
      {{5, 1, 0, 5, 1, 0, 5, 203, 0, 113, 1, 27, 88}, 0, 8},
      {{5, 1, 0, 5, 1, 0, 3, 0, 27, 88}, 0, 1},
      {{5, 1, 0, 5, 1, 0, 3, 5, 'n', '0', 0, '.', 't', 27, 88}, 0, 1},
      {{5, 1, 0, 5, 1, 0, 3, 5, 'n', '0', 13, 10, '%', 27, 88}, 0, 1},
      {{5, 1, 0, 5, 1, 0, 1, 203, 0, 113, 1, 0, 0}, 0, 1},
  };
  return *kAll;
}

const std::vector<Malformed>& MalformedSocks4() {
  static const auto* const kAll = [] {
    auto* all = new std::vector<Malformed>{
        {{4, 3, 27, 88, 203, 0, 113, 1, 0}, {}, 0x5B},
        {{4, 1, 27, 88, 0, 0, 0, 0, 0}, {}, 0x5B},
        {{4, 1, 27, 88, 0, 0, 0, 9, 0, 0}, {}, 0x5B},
    };
    Malformed endless{{4, 1, 27, 88, 203, 0, 113, 1}, {}, 0x5B};
    endless.bytes.resize(400, 'u');
    all->push_back(endless);
    return all;
  }();
  return *kAll;
}

void Malform(SimPlan& plan, Dice& dice, const std::vector<uint8_t>& served) {
  plan.kind = SimPlan::Kind::kMalformed;
  plan.script.socks5 = dice.Chance(0.8);
  const std::vector<Malformed>& all = plan.script.socks5 ? MalformedSocks5() : MalformedSocks4();
  const Malformed& one = dice.Pick(all.data(), all.size());
  plan.script.says = {{one.bytes, 0}};
  plan.script.after = SimScript::After::kSilence;
  plan.expected_method = one.method;
  plan.expected_code = one.code;
  // Where the gateway serves other methods, it is already the greeting that ends differently.
  if (!plan.script.socks5 || !one.method.has_value() || one.bytes.size() < 3) return;
  const auto offered = one.bytes.begin() + 2;
  plan.expected_method = ChosenMethod(served, Bytes(offered, offered + one.bytes[1]));
  if (plan.expected_method != one.method) plan.expected_code.reset();
}

// Bytes after which something happens, often near the ends.
uint64_t PickPlace(Dice& dice, uint64_t total) {
  return dice.Chance(0.2) ? total : dice.Skewed(0, total);
}

void PickManners(SimPlan& plan, SimHabits& own, uint64_t gets, Dice& dice,
                 const SimAppetite& appetite) {
  own.pace_max = absl::Microseconds(static_cast<int64_t>(dice.Skewed(0, 20'000)));
  const uint64_t total = own.send_bytes + gets;
  own.step_bytes_max = dice.Skewed(std::max<uint64_t>(64, total / 100), 64 * 1024);
  if (dice.Chance(0.08)) {
    own.reset_at = PickPlace(dice, total);
  } else if (dice.Chance(0.06)) {
    own.close_at = PickPlace(dice, total);
  } else if (appetite.stalls_allowed && dice.Chance(0.07)) {
    own.vanish_at = PickPlace(dice, total);
    plan.stalls = plan.vanishes = true;
  }
  // Who leaves in the end may stop reading long before: its socket's buffer is full by then.
  const bool leaves = std::min(own.reset_at, own.close_at) != SimHabits::kNever;
  if (dice.Chance(0.5))
    own.leave_after = absl::Milliseconds(static_cast<int64_t>(dice.Skewed(1, 1000)));
  if (dice.Chance(leaves ? 0.5 : 0.1)) {
    own.pause_reading_at = PickPlace(dice, gets);
    own.pause = absl::Milliseconds(static_cast<int64_t>(dice.Skewed(1, 500)));
  } else if (appetite.stalls_allowed && dice.Chance(leaves ? 0.3 : 0.03)) {
    own.pause_reading_at = PickPlace(dice, gets);
    plan.stalls = true;
  }
}

// Little, and with long pauses, but never so long that it would be taken for idle.
void Drip(SimHabits& own, Dice& dice) {
  own.write_pause = absl::Milliseconds(static_cast<int64_t>(dice.Between(1000, 8000)));
  own.write_bytes_max = dice.Between(1, 2000);
  own.send_bytes = std::min<uint64_t>(own.send_bytes, own.write_bytes_max * dice.Between(1, 20));
}

void PlanStreams(SimPlan& plan, Dice& dice, const SimAppetite& appetite) {
  SimHabits& client = plan.client_habits;
  SimHabits& target = plan.target_habits;
  if (dice.Chance(0.8)) client.send_bytes = dice.Skewed(0, appetite.stream_bytes_max);
  if (dice.Chance(0.3)) {
    target.echoes = true;
  } else {
    if (dice.Chance(0.7)) target.send_bytes = dice.Skewed(0, appetite.stream_bytes_max);
    client.fin_waits_for_fin = dice.Chance(0.4);
    target.fin_waits_for_fin = !client.fin_waits_for_fin && dice.Chance(0.5);
  }
  PickManners(plan, client, target.echoes ? client.send_bytes : target.send_bytes, dice, appetite);
  PickManners(plan, target, client.send_bytes, dice, appetite);
  if (!target.echoes && dice.Chance(0.06)) Drip(target, dice);
  if (dice.Chance(0.02)) {
    Drip(client, dice);
    plan.dawdles = true;
  }
  plan.target_accepts_after = absl::Microseconds(static_cast<int64_t>(dice.Skewed(0, 5000)));
  if (appetite.stalls_allowed && dice.Chance(0.02)) {
    plan.target_accepts_after = absl::InfiniteDuration();
    plan.stalls = true;
  }
}

}  // namespace

SimPlan PlanSession(SimWorld& world, Dice& dice, int id, absl::Time from, absl::Duration within,
                    const SimAppetite& appetite) {
  static constexpr Version kVersions[] = {Version::kSocks5, Version::kSocks5, Version::kSocks5,
                                          Version::kSocks4, Version::kSocks4a};
  SimPlan plan;
  plan.id = id;
  plan.starts = from + dice.Between(absl::ZeroDuration(), within);
  plan.client_host = world.clients()[dice.Between(0, world.clients().size() - 1)];
  plan.client_v4 = dice.Chance(0.7);
  plan.version = dice.Pick(kVersions, 5);
  // BIND and UDP ASSOCIATE have worlds of their own: bind_sim.h, udp_sim_test.
  PickDestination(plan, world, dice);
  WriteScript(plan, dice, appetite.methods);
  const uint64_t roll = dice.Between(1, 100);
  if (roll <= 8) {
    Truncate(plan, dice);
  } else if (roll <= 16) {
    Malform(plan, dice, appetite.methods);
  }
  PlanStreams(plan, dice, appetite);
  if (!plan.wants_connect()) plan.client_habits.send_bytes = 0;
  return plan;
}

std::string SimPlan::ToString() const {
  static constexpr const char* kKinds[] = {"proper", "truncated", "malformed"};
  std::string text = absl::StrCat("client ", id, ": ", kKinds[static_cast<int>(kind)], " version ",
                                  static_cast<int>(version), " command ", static_cast<int>(command),
                                  " to ", name.empty() ? address.ToString() : name, " port ", port);
  auto habits = [&](const char* who, const SimHabits& h) {
    absl::StrAppend(&text, "; ", who, " sends ", h.echoes ? "an echo" : absl::StrCat(h.send_bytes));
    if (h.fin_waits_for_fin) absl::StrAppend(&text, ", waits for FIN");
    if (h.reset_at != SimHabits::kNever) absl::StrAppend(&text, ", resets at ", h.reset_at);
    if (h.close_at != SimHabits::kNever) absl::StrAppend(&text, ", closes at ", h.close_at);
    if (h.vanish_at != SimHabits::kNever) absl::StrAppend(&text, ", vanishes at ", h.vanish_at);
    if (h.pause_reading_at != SimHabits::kNever) {
      absl::StrAppend(&text, ", stops reading at ", h.pause_reading_at, " for ",
                      absl::FormatDuration(h.pause));
    }
  };
  if (dawdles) absl::StrAppend(&text, ", dawdling");
  if (authenticates())
    absl::StrAppend(&text, ", as ", credentials.user.substr(0, 10), " / ",
                    credentials.password.substr(0, 10));
  habits("client", client_habits);
  habits("target", target_habits);
  return text;
}

}  // namespace sluice
