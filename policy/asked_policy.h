#ifndef SLUICE_POLICY_ASKED_POLICY_H_
#define SLUICE_POLICY_ASKED_POLICY_H_

// The fixture of tests that ask a policy, as an administrator writes it, what it decides. Every
// question is asked of the compiled snapshot and of its slow twin. Test only, one thread.

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "policy/rule_walk.h"
#include "policy/snapshot.h"

namespace sluice {

class AskedPolicy : public testing::Test {
 protected:
  static constexpr absl::Time kNow = absl::FromUnixSeconds(1'735'000'000);  // in 2024

  AskedPolicy() {
    request_.client = {*Address::Parse("192.0.2.99"), 40000};
    request_.port = 443;
  }

  void Compile(const std::string& text) {
    absl::StatusOr<Config> config = ParseConfig(
        text, "sluice.toml", [](std::string_view) { return absl::NotFoundError("no such file"); });
    ASSERT_TRUE(config.ok()) << config.status();
    absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot = CompileSnapshot(*config, now_, 1);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    snapshot_ = *std::move(snapshot);
    config_ = *std::move(config);
  }

  Decision Ask(const PolicyRequest& request) {
    const Decision decision = snapshot_->Decide(request);
    EXPECT_TRUE(decision == RuleWalk(config_, now_, request).Decide())
        << "the index and its slow twin disagree";
    return decision;
  }
  // The rule that decides on a CONNECT to `address`, with what it says: "allow: its name".
  std::string To(std::string_view address, std::string_view name = "") {
    request_.address_known = true;
    request_.address = *Address::Parse(address);
    request_.name = name;
    return Tell(Ask(request_));
  }
  // Where that is the gateway itself.
  std::string ToItself(std::string_view address, std::string_view name = "") {
    request_.gateway_itself = true;
    const std::string decision = To(address, name);
    request_.gateway_itself = false;
    return decision;
  }
  std::string ToName(std::string_view name) {
    request_.address_known = false;
    request_.name = name;
    return Tell(Ask(request_));
  }
  std::string Tell(const Decision& decision) const {
    const char* const verdicts[] = {"deny: ", "allow: ", "resolve: "};
    const std::string text = verdicts[static_cast<int>(decision.verdict)] +
                             std::string(snapshot_->RuleName(decision.rule));
    return decision.special_use ? text + ", special use" : text;
  }

  absl::Time now_ = kNow;
  std::unique_ptr<const Snapshot> snapshot_;
  Config config_;
  PolicyRequest request_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_ASKED_POLICY_H_
