// The fuzz driver of the configuration: any bytes are refused with errors of the one form, or
// compile to a snapshot that decides as its slow twin does.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/prng.h"
#include "policy/config.h"
#include "policy/random_policy.h"
#include "policy/rule_walk.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'735'000'000);  // in 2024
constexpr int kRequests = 20;

void Require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what.c_str());
  std::abort();
}

// List files: the input itself, so that its bytes reach the list scanner too, or a small list.
absl::StatusOr<std::string> ReadList(std::string_view input, std::string_view path) {
  if (path.starts_with("self")) return std::string(input);
  if (path.starts_with("list"))
    return std::string("# a list\n10.0.0.0/8\n*.example.com # names\nexample.org.\r\n");
  return absl::NotFoundError("no such file");
}

void CheckErrors(std::string_view message) {
  Require(!message.empty(), "an error says something");
  size_t lines = 0;
  while (!message.empty()) {
    const size_t end = std::min(message.find('\n'), message.size());
    const std::string line(message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
    const bool complaint = line.find(": expected ") != line.npos &&
                           line.find(", found ") != line.npos && line.find("; ") != line.npos;
    const bool count = line.ends_with(" more errors") && message.empty();
    Require(complaint || count, "an error has the one form: " + line);
    Require(std::none_of(line.begin(), line.end(), [](char c) { return c >= 0 && c < 0x20; }),
            "an error has no control characters");
    ++lines;
  }
  Require(lines <= kConfigErrorsMax + 1, "errors are bounded");
}

// Half of what is asked comes from the policy itself, or little would match.
PolicyRequest MakeRequest(const Config& config, Prng& prng, std::string* name) {
  PolicyRequest request;
  request.client = {RandomPolicy::RandomAddress(prng), static_cast<uint16_t>(prng.Next())};
  request.command = static_cast<PolicyCommand>(prng.Below(kPolicyCommands));
  request.address = RandomPolicy::RandomAddress(prng);
  request.port = static_cast<uint16_t>(prng.OneIn(2) ? 443 : prng.Next());
  request.address_known = prng.OneIn(2);
  if (prng.OneIn(2)) *name = RandomPolicy::RandomName(prng);
  for (const EntryList& list : config.lists) {
    if (!list.addresses.empty() && prng.OneIn(3)) {
      const AddressRange& range = list.addresses[prng.Below(list.addresses.size())];
      (prng.OneIn(3) ? request.client.address : request.address) =
          prng.OneIn(2) ? range.first : range.last;
    }
    if (!list.names.empty() && prng.OneIn(2)) {
      const NamePattern pattern = list.names[prng.Below(list.names.size())];
      *name =
          (prng.OneIn(2) ? "www." : "") + std::string(pattern.name) + (prng.OneIn(4) ? "." : "");
    }
  }
  RandomPolicy::RandomUser(prng, &request);
  request.datagram = prng.OneIn(3);
  request.gateway_itself = prng.OneIn(3);
  if (!config.users.empty() && prng.OneIn(2))
    request.user = config.users[prng.Below(config.users.size())].name;
  if (!config.rules.empty()) {
    const Rule& rule = config.rules[prng.Below(config.rules.size())];
    if (prng.OneIn(2)) request.port = rule.destination_ports[0].first;
    if (prng.OneIn(2)) request.client.port = rule.source_ports[0].last;
    if (!rule.users.names.empty() && prng.OneIn(2)) request.user = rule.users.names[0];
  }
  request.name = *name;
  return request;
}

void CheckDecisions(const Config& config, size_t seed) {
  const absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot = CompileSnapshot(config, kNow, 1);
  Require(snapshot.ok(), "a small policy compiles");
  if (const absl::Status met = RunTrials(config.trials, **snapshot, "fuzz.toml"); !met.ok()) {
    CheckErrors(std::string(met.message()));
  }
  Prng prng(seed);
  for (int i = 0; i < kRequests; ++i) {
    std::string name;
    const PolicyRequest request = MakeRequest(config, prng, &name);
    Require((*snapshot)->Decide(request) == RuleWalk(config, kNow, request).Decide(),
            "the index and its slow twin agree on " + Describe(request));
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto read = [&](std::string_view path) { return sluice::ReadList(input, path); };
  const absl::StatusOr<sluice::Config> config = sluice::ParseConfig(input, "fuzz.toml", read);
  if (config.ok()) {
    sluice::CheckDecisions(*config, size);
  } else {
    sluice::CheckErrors(std::string(config.status().message()));
  }
  return 0;
}
