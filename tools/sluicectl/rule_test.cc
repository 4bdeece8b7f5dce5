// rule and diff at a desk, with a door whose answers are written down.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/canned_door.h"

namespace sluice {

namespace {

using testing::ElementsAre;
using testing::StartsWith;

constexpr char kDraft[] =
    R"({"id": "d1", "name": "x", "etag": "\"d1-1\"", "changes": 0, "problems": 0})";
constexpr char kChanged[] =
    R"({"id": "d1", "name": "x", "etag": "\"d1-2\"", "changes": 1, "problems": 0})";
constexpr char kRules[] = R"({"rules": [{"number": 1, "name": "office", "file": "/etc/sluice.toml",
  "line": 9, "text": "# Why.\n[[rule]]\nname = \"office\"\n", "enabled": true,
  "source": ["10.0.0.0/8"]}]})";

class RuleTest : public testing::Test {
 protected:
  void PutDraft() {
    trial_.door.Put("POST /api/v1/drafts", kDraft, 201);
    trial_.door.Put("POST /api/v1/drafts/d1:apply",
                    R"({"revision": 7, "generation": 3, "pending": null, "ended": 0})");
    trial_.door.Put("DELETE /api/v1/drafts/d1", "", 204);
  }
  DeskTrial trial_;
};

TEST_F(RuleTest, IsShownAsItIsWritten) {
  trial_.door.Put("GET /api/v1/config/rules", kRules);
  ASSERT_TRUE(trial_.Run({"rule", "show", "office"}).ok());
  EXPECT_EQ(trial_.out.str(), "# /etc/sluice.toml:9\n# Why.\n[[rule]]\nname = \"office\"\n");
  EXPECT_EQ(trial_.Fails({"rule", "show", "offce"}),
            "4: expected the name of a rule, found offce; sluicectl rules has those in force");
}

TEST_F(RuleTest, AChangeIsMadeInADraftAndApplied) {
  PutDraft();
  trial_.door.Put("POST /api/v1/drafts/d1/rules/office:enable", kChanged);
  ASSERT_TRUE(trial_.Run({"rule", "off", "office", "--confirm=2m"}).ok());
  EXPECT_THAT(trial_.door.asked,
              ElementsAre("POST /api/v1/drafts", "POST /api/v1/drafts/d1/rules/office:enable",
                          "POST /api/v1/drafts/d1:apply"));
  EXPECT_EQ(trial_.door.bodies[1], R"({"enabled":false})");
  EXPECT_EQ(trial_.door.bodies[2],
            R"({"message":"sluicectl rule off office","confirm_within":"2m"})");
  EXPECT_EQ(trial_.out.str(), "in force: generation 3\n");
}

TEST_F(RuleTest, KeysAreSetUponWhatIsWritten) {
  PutDraft();
  trial_.door.Put("GET /api/v1/config/rules?draft=d1", kRules);
  trial_.door.Put("PUT /api/v1/drafts/d1/rules/office", kChanged);
  ASSERT_TRUE(trial_
                  .Run({"rule", "set", "office", "destination_ports=80,443", "enabled=false",
                        "comment=say = what", "expires=", "egress.interface=eth1"})
                  .ok());
  const Json sent = Json::parse(trial_.door.bodies[2]);
  EXPECT_EQ(sent["source"], Json({"10.0.0.0/8"}));
  EXPECT_EQ(sent["destination_ports"], Json({"80", "443"}));
  EXPECT_EQ(sent["enabled"], Json(false));
  EXPECT_EQ(sent["comment"], Json("say = what"));
  EXPECT_TRUE(sent["expires"].is_null());
  EXPECT_EQ(sent["egress"]["interface"], Json("eth1"));
}

TEST_F(RuleTest, OnesThatAreNewOrMovedComeBeforeAnother) {
  PutDraft();
  trial_.door.Put("POST /api/v1/drafts/d1/rules", kChanged);
  ASSERT_TRUE(trial_.Run({"rule", "add", "new", "verdict=allow", "--before=office"}).ok());
  EXPECT_EQ(trial_.door.bodies[1], R"({"name":"new","before":"office","verdict":"allow"})");
  trial_.door.Put("POST /api/v1/drafts/d1/rules/office:move", kChanged);
  ASSERT_TRUE(trial_.Run({"rule", "move", "office"}).ok());
  EXPECT_EQ(trial_.door.bodies[4], R"({"before":null})");
}

TEST_F(RuleTest, ADraftThatIsNamedIsNotApplied) {
  trial_.door.Put("GET /api/v1/drafts/d1", kDraft);
  trial_.door.Put("DELETE /api/v1/drafts/d1/rules/office", kChanged);
  ASSERT_TRUE(trial_.Run({"rule", "remove", "office", "--draft=d1"}).ok());
  EXPECT_EQ(trial_.out.str(), "draft d1: 1 changed, 0 wrong\n");
}

TEST_F(RuleTest, WhatFailsLeavesNoDraftBehind) {
  PutDraft();
  trial_.door.Put("POST /api/v1/drafts/d1/rules/offce:enable",
                  R"({"detail": "expected the name of a rule, found \"offce\""})", 404);
  EXPECT_THAT(trial_.Fails({"rule", "on", "offce"}), StartsWith("1: expected the name of a rule"));
  EXPECT_EQ(trial_.door.asked.back(), "DELETE /api/v1/drafts/d1");
}

TEST_F(RuleTest, WhatIsSaidWronglyIsToldBeforeAnythingIsAsked) {
  EXPECT_THAT(trial_.Fails({"rule", "destroy", "office"}),
              StartsWith("2: rule: expected show, add, set, remove, move, on or off, found"));
  EXPECT_THAT(trial_.Fails({"rule", "off", "office", "guests"}),
              StartsWith("2: rule off: expected"));
  EXPECT_TRUE(trial_.door.asked.empty());
}

TEST_F(RuleTest, DiffSaysASentenceForEachChange) {
  PutDraft();
  trial_.in.str("[socks]\n");
  trial_.door.Put("PUT /api/v1/drafts/d1/config", kChanged);
  trial_.door.Put("POST /api/v1/drafts/d1:diff",
                  R"({"text": "--- a\n+++ b\n", "changes": [{"kind": "key", "op": "changed",
                      "name": "socks.port", "text": "socks.port was 1080, is 1081"}]})");
  ASSERT_TRUE(trial_.Run({"diff", "-"}).ok());
  EXPECT_EQ(trial_.out.str(), "socks.port was 1080, is 1081\n");
  EXPECT_EQ(trial_.door.bodies[1], "[socks]\n");
  EXPECT_EQ(trial_.door.asked.back(), "DELETE /api/v1/drafts/d1");
  trial_.in.clear();
  trial_.in.str("[socks]\n");
  ASSERT_TRUE(trial_.Run({"diff", "--text", "-"}).ok());
  EXPECT_EQ(trial_.out.str(), "--- a\n+++ b\n");
}

}  // namespace

}  // namespace sluice
