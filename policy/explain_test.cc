#include "policy/explain.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

class ExplainTest : public testing::Test {
 protected:
  static constexpr absl::Time kNow = absl::FromUnixSeconds(1'735'000'000);  // 2024-12-24

  ExplainTest() {
    question_.request.client = {*Address::Parse("10.1.7.20"), 50112};
    question_.request.port = 443;
  }

  void Parse(const std::string& text) {
    absl::StatusOr<Config> config = ParseConfig(text, "sluice.toml", reader_);
    ASSERT_TRUE(config.ok()) << config.status();
    config_ = *std::move(config);
  }
  const Explanation& Ask() {
    absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot = CompileSnapshot(config_, kNow, 1);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    explanation_ = Explain(config_, kNow, question_, reader_, snapshot->get());
    EXPECT_TRUE(explanation_.agrees);
    return explanation_;
  }
  const Explanation& To(std::string_view address) {
    question_.request.address_known = true;
    question_.request.address = *Address::Parse(address);
    return Ask();
  }
  const Explanation& ToName(std::string_view name, const std::vector<std::string>& leads_to = {}) {
    question_.request.name = name;
    question_.addresses.clear();
    for (const std::string& text : leads_to) question_.addresses.push_back(*Address::Parse(text));
    return Ask();
  }
  void As(std::string_view user, UserProof proof) {
    question_.request.user = user;
    question_.request.proof = proof;
  }

  static std::string Tell(const ExplainedStep& step) {
    return absl::StrCat(std::string(VerdictWord(step.decision.verdict)), " by ", step.rule, ", ",
                        std::string(PhaseWord(step.phase)),
                        step.decision.special_use ? ", special use" : "");
  }
  static std::string Tell(const ExplainedEntry& entry) {
    return absl::StrCat(entry.text, " of ", entry.list, " in ", entry.file, ":", entry.line);
  }
  // "source: wants any, found 10.1.7.20", or what it matched by.
  std::string Tell(size_t place) const {
    const ExplainedRule& rule = explanation_.rules[place];
    if (rule.matched) return absl::StrCat("by ", Tell(rule.destination));
    return absl::StrCat(std::string(ConditionWord(rule.failed)), ": wants ", rule.wanted,
                        ", found ", rule.found);
  }
  std::vector<std::string> Changes() const {
    std::vector<std::string> told;
    for (const SupposedChange& change : explanation_.would_change) {
      told.push_back(absl::StrCat("if ", change.text, ": ",
                                  std::string(VerdictWord(change.verdict)), " by ", change.rule));
    }
    return told;
  }

  std::map<std::string, std::string, std::less<>> files_;
  int reads_ = 0;
  const FileReader reader_ = [this](std::string_view path) -> absl::StatusOr<std::string> {
    ++reads_;
    const auto file = files_.find(path);
    if (file == files_.end()) return absl::NotFoundError("no such file");
    return file->second;
  };
  Config config_;
  ExplainQuestion question_;
  Explanation explanation_;
};

TEST_F(ExplainTest, ADenialIsLedBackToTheLineOfAListFile) {
  files_["lists/payments.txt"] = "# PCI\n198.51.100.1\n\n203.0.113.0/24  # all\n203.0.113.9\n";
  Parse(R"([sets.payments]
addresses = ["file:lists/payments.txt"]
[[rule]]
name = "partners"
destination = ["*.partner.example"]
verdict = "allow"
[[rule]]
name = "no_payments"
destination = ["@payments"]
[[rule]]
name = "office"
verdict = "allow"
)");
  ToName("pay.example.com", {"203.0.113.9"});
  EXPECT_EQ(Tell(explanation_.decided), "deny by no_payments, address");
  EXPECT_EQ(Tell(0),
            "destination: wants *.partner.example, found 203.0.113.9 of \"pay.example.com\"");
  EXPECT_EQ(Tell(1), "by 203.0.113.0/24 of @payments in lists/payments.txt:4");
  EXPECT_EQ(Tell(2), "by any of  in :0");
  EXPECT_TRUE(explanation_.rules[1].reached);
  EXPECT_FALSE(explanation_.rules[2].reached);
  EXPECT_EQ(Changes(),
            (std::vector<std::string>{
                "if rule \"no_payments\" were off: allow by office",
                "if the destination of rule \"partners\" had 203.0.113.9: allow by partners"}));
}

TEST_F(ExplainTest, ALineThatIsNotKnownIsNotGuessed) {
  files_["l.txt"] = "*.example.com\n203.0.113.0/24\n";
  Parse(R"([[rule]]
name = "file"
destination = ["file:l.txt"]
[[rule]]
name = "one line"
source = ["192.0.2.1", "10.0.0.0/8"]
destination = ["203.0.113.9"]
[[rule]]
name = "several lines"
destination = [
  "203.0.113.9",
])");
  To("203.0.113.9");
  EXPECT_EQ(Tell(0), "by 203.0.113.0/24 of file:l.txt in l.txt:2");
  EXPECT_EQ(Tell(1), "by 203.0.113.9 of  in :7");
  EXPECT_EQ(Tell(explanation_.rules[1].source), "10.0.0.0/8 of  in :6");
  EXPECT_EQ(Tell(2), "by 203.0.113.9 of  in :0");
  files_["l.txt"] = "\n\n\n203.0.113.0/24\n";  // moved since it was read
  To("203.0.113.9");
  EXPECT_EQ(Tell(0), "by 203.0.113.0/24 of file:l.txt in l.txt:4");
  for (const char* text : {"*.example.com\n", "203.0.113.0/25\n", ""}) {
    files_["l.txt"] = text;
    To("203.0.113.9");
    EXPECT_EQ(Tell(0), "by 203.0.113.0/24 of file:l.txt in l.txt:0");
  }
  files_.clear();
  To("203.0.113.9");
  EXPECT_EQ(Tell(0), "by 203.0.113.0/24 of file:l.txt in l.txt:0");
}

TEST_F(ExplainTest, EveryConditionSaysWhatItWantedAndFound) {
  Parse(R"([auth]
methods = ["password", "none"]
pam_service = "sluice"
[groups]
admins = ["bob", "carol"]
[sets.office]
addresses = ["192.0.2.0/24"]
[[rule]]
enabled = false
[[rule]]
expires = 2024-01-01T00:00:00Z
[[rule]]
commands = ["bind", "udp_associate"]
[[rule]]
source = ["@office", "198.51.100.1-198.51.100.9"]
[[rule]]
source_ports = ["1000-2000", "53"]
[[rule]]
users = ["bob"]
groups = ["admins"]
[[rule]]
authenticated = true
[[rule]]
destination = ["2001:db8::/32", "*.example.com", "www.example.org"]
[[rule]]
destination_ports = ["80"])");
  To("203.0.113.9");
  EXPECT_EQ(Tell(explanation_.decided), "deny by default deny, address");
  const std::vector<std::string> expected = {
      "off: wants enabled = true, found enabled = false",
      "expired: wants a time before 2024-01-01T00:00:00Z, found 2024-12-24T00:26:40Z",
      "command: wants bind, udp_associate, found connect",
      "source: wants @office, 198.51.100.1-198.51.100.9, found 10.1.7.20",
      "source_port: wants 1000-2000, 53, found 50112",
      "users: wants \"bob\", group \"admins\", authenticated, found nobody",
      "users: wants any user, authenticated, found nobody",
      "destination: wants 2001:db8::/32, *.example.com, www.example.org, found 203.0.113.9",
      "destination_port: wants 80, found 443",
  };
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(Tell(i), expected[i]);
  As("alice", UserProof::kAuthenticated);
  To("203.0.113.9");
  EXPECT_EQ(Tell(5), "users: wants \"bob\", group \"admins\", authenticated, found \"alice\"");
  EXPECT_EQ(Tell(explanation_.decided), "deny by rule 7, address");
  As("bob", UserProof::kClaimed);
  To("203.0.113.9");
  EXPECT_EQ(Tell(5),
            "users: wants \"bob\", group \"admins\", authenticated, found \"bob\", claimed and not "
            "confirmed");
}

TEST_F(ExplainTest, AtMostSoManySuppositionsAreToldAndThoseFirstThatWouldChangeTheVerdict) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&text, "[[rule]]\nsource_ports = [\"1\"]\n",
                    i % 2 == 1 ? "verdict = \"allow\"\n" : "");
  }
  Parse(text);
  To("203.0.113.9");
  ASSERT_EQ(explanation_.would_change.size(), 5u);
  EXPECT_EQ(Changes()[0], "if the source ports of rule \"rule 2\" had 50112: allow by rule 2");
  EXPECT_EQ(Changes()[4], "if the source ports of rule \"rule 10\" had 50112: allow by rule 10");
}

TEST_F(ExplainTest, ANameIsDecidedAsANameFirst) {
  Parse(R"([[rule]]
name = "bad hosts"
destination = ["*.bad.example"]
[[rule]]
name = "bad addresses"
destination = ["203.0.113.0/24"]
[[rule]]
name = "rest"
verdict = "allow"
egress = { address = "198.51.100.7" })");
  ToName("www.bad.example", {"192.0.2.1"});
  EXPECT_EQ(Tell(explanation_.decided), "deny by bad hosts, name");
  EXPECT_TRUE(explanation_.addresses.empty());
  EXPECT_EQ(Changes()[0], "if rule \"bad hosts\" were off: allow by rest");
  ToName("www.example.com");
  EXPECT_EQ(Tell(explanation_.decided), "resolve by rest, name");
  EXPECT_EQ(Tell(1),
            "destination: wants 203.0.113.0/24, found \"www.example.com\", whose addresses "
            "are not asked yet");
  ToName("www.example.com", {"203.0.113.1", "192.0.2.1"});
  EXPECT_EQ(Tell(explanation_.decided), "allow by rest, address");
  EXPECT_EQ(explanation_.decided.address, *Address::Parse("192.0.2.1"));
  ASSERT_EQ(explanation_.addresses.size(), 2u);
  EXPECT_EQ(Tell(explanation_.addresses[0]), "deny by bad addresses, address");
  EXPECT_EQ(Tell(explanation_.addresses[1]), "allow by rest, address");
  EXPECT_EQ(explanation_.grant.egress.addresses.size(), 1u);
}

TEST_F(ExplainTest, SpecialUseAndTheGatewayItselfAreSaid) {
  Parse(R"([socks]
listen = ["192.0.2.1"]
[[rule]]
name = "all"
verdict = "allow")");
  To("127.0.0.1");
  EXPECT_EQ(Tell(explanation_.decided), "deny by default deny, address, special use");
  EXPECT_EQ(Tell(0),
            "destination: wants any, found 127.0.0.1 (loopback), which only an entry for it "
            "matches");
  EXPECT_EQ(
      Changes(),
      (std::vector<std::string>{"if the destination of rule \"all\" had 127.0.0.1: allow by all"}));
  question_.request.port = 1080;
  To("192.0.2.1");
  EXPECT_TRUE(explanation_.decided.gateway_itself);
  EXPECT_EQ(Tell(0),
            "destination: wants any, found 192.0.2.1 (the gateway itself), which only an "
            "entry for it matches");
  question_.is_gateway = [](const PolicyRequest&) { return false; };
  EXPECT_EQ(Tell(To("192.0.2.1").decided), "allow by all, address");
}

TEST_F(ExplainTest, AnAssociationIsAskedAndThenADatagram) {
  Parse(R"([[rule]]
name = "no bob"
users = ["bob"]
[[rule]]
name = "no time"
destination_ports = ["123"]
[[rule]]
name = "there"
destination = ["203.0.113.0/24"]
verdict = "allow"
[auth]
methods = ["password"]
pam_service = "sluice")");
  question_.request.command = PolicyCommand::kUdpAssociate;
  To("203.0.113.9");
  EXPECT_EQ(Tell(*explanation_.association), "allow by there, open");
  EXPECT_EQ(Tell(explanation_.decided), "allow by there, address");
  To("198.51.100.1");
  EXPECT_EQ(Tell(*explanation_.association), "allow by there, open");
  EXPECT_EQ(Tell(explanation_.decided), "deny by default deny, address");
  As("bob", UserProof::kAuthenticated);
  To("203.0.113.9");
  EXPECT_EQ(Tell(explanation_.decided), "deny by no bob, open");
  To("0.0.0.0");
  EXPECT_EQ(Tell(explanation_.decided), "deny by no bob, open");
  question_.request.command = PolicyCommand::kBind;
  As("", UserProof::kNone);
  To("0.0.0.0");
  EXPECT_FALSE(explanation_.association);
  EXPECT_EQ(Tell(explanation_.decided), "deny by default deny, open");
  EXPECT_EQ(Tell(1), "destination_port: wants 123, found any port");
  EXPECT_EQ(Tell(2), "destination: wants a certain peer, without bind_any_peer, found any peer");
  EXPECT_EQ(Changes()[0], "if rule \"there\" had bind_any_peer: allow by there");
}

TEST_F(ExplainTest, WhatClientsSaidIsEscapedAndCut) {
  Parse(R"([[rule]]
authenticated = true
ident = true
users = ["a"]
[socks]
socks4 = true
[[rule]]
destination = ["a.example"])");
  const std::string hostile = "x\r\n\x1b[2J\"" + std::string(300, 'y');
  As(hostile, UserProof::kClaimed);
  ToName(hostile);
  for (const ExplainedRule& rule : explanation_.rules) {
    EXPECT_EQ(rule.found.find_first_of("\r\n\x1b"), std::string::npos) << rule.found;
    EXPECT_LT(rule.found.size(), 300u);
  }
  for (const std::string& change : Changes()) {
    EXPECT_EQ(change.find_first_of("\r\n\x1b"), std::string::npos) << change;
    EXPECT_LT(change.size(), 400u);
  }
}

TEST_F(ExplainTest, ManyRulesThatNameALongListAreToldInFewWords) {
  std::string list;
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&list, "10.", i / 250, ".", i % 250, ".0/24\n");
  files_["long.txt"] = list + "203.0.113.9\n";
  std::string text = "[sets.inline]\naddresses = [";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "\"198.51.100.", i % 250, "\",");
  text += "]\n";
  constexpr size_t kRules = 2000;
  for (size_t i = 0; i < kRules; ++i) {
    text += i % 2 == 0 ? "[[rule]]\ndestination = [\"@inline\"]\n"
                       : "[[rule]]\ndestination = [\"file:long.txt\"]\nverdict = \"allow\"\n";
  }
  Parse(text);
  reads_ = 0;
  To("203.0.113.9");
  EXPECT_EQ(reads_, 1);
  EXPECT_EQ(Tell(0), "destination: wants @inline, found 203.0.113.9");
  EXPECT_EQ(Tell(kRules - 1), "by 203.0.113.9 of file:long.txt in long.txt:50001");
  config_.rules[0].destination.sets.clear();  // as if the rule had the entries itself
  To("203.0.113.9");
  EXPECT_LT(explanation_.rules[0].wanted.size(), 200u);
  EXPECT_TRUE(explanation_.rules[0].wanted.ends_with(", …")) << explanation_.rules[0].wanted;
}

TEST_F(ExplainTest, RulesAndSetsKnowWhereTheyStand) {
  Parse(R"(
[[rule]]
name = "a"
[sets.office]
addresses = ["10.0.0.0/8"]
[sets]
more.hosts = ["a.example"]
  [[rule]]
source = ["@office"]
[groups]
admins = ["bob"]
[auth]
methods = ["password"]
pam_service = "sluice"
)");
  EXPECT_EQ(config_.rules[0].at, (TextPosition{2, 1}));
  EXPECT_EQ(config_.rules[1].at, (TextPosition{8, 3}));
  ASSERT_EQ(config_.sets.size(), 2u);
  EXPECT_EQ(config_.sets[0].at.line, 4u);
  EXPECT_EQ(config_.sets[1].at.line, 7u);
  EXPECT_EQ(config_.groups[0].at.line, 11u);
  EXPECT_EQ(config_.rules[1].source.sets, (std::vector<uint32_t>{0}));
}

}  // namespace
}  // namespace sluice
