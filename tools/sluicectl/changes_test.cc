#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/canned_door.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kDraft[] = R"({"id": "d1", "name": "apply", "etag": "\"e1\"", "changes": 1})";

TEST(ChangesTest, AFileIsPutIntoADraftOfItsOwnAndApplied) {
  DeskTrial desk;
  desk.in.str("[socks]\n");
  desk.door.Put("POST /api/v1/drafts", kDraft, 201);
  desk.door.Put("PUT /api/v1/drafts/d1/config", kDraft);
  desk.door.Put("POST /api/v1/drafts/d1:apply", R"({"generation": 7, "pending": {"draft": "d1"}})");
  ASSERT_TRUE(desk.Run({"apply", "-", "--confirm=2m", "--message=why", "--end-refused"}).ok());
  EXPECT_EQ(desk.door.bodies[1], "[socks]\n");
  EXPECT_EQ(desk.door.bodies[2], R"({"message":"why","confirm_within":"2m","end_refused":true})");
  EXPECT_THAT(desk.out.str(), HasSubstr("in force: generation 7, until it is confirmed"));
}

TEST(ChangesTest, WhatCannotBeAppliedLeavesNoDraft) {
  DeskTrial desk;
  desk.in.str("x");
  desk.door.Put("POST /api/v1/drafts", kDraft, 201);
  desk.door.Put("PUT /api/v1/drafts/d1/config", kDraft);
  desk.door.Put("POST /api/v1/drafts/d1:apply", R"({"detail": "expected better"})", 422);
  desk.door.Put("DELETE /api/v1/drafts/d1", "{}");
  EXPECT_THAT(desk.Fails({"apply", "-"}), StartsWith("1: "));
  EXPECT_EQ(desk.door.asked.back(), "DELETE /api/v1/drafts/d1");
}

TEST(ChangesTest, ADraftIsAppliedAsItIsAndStaysWhereItCannotBe) {
  DeskTrial desk;
  desk.door.Put("GET /api/v1/drafts/d1", kDraft);
  desk.door.Put("POST /api/v1/drafts/d1:apply", R"({"detail": "expected better"})", 409);
  EXPECT_THAT(desk.Fails({"apply", "d1"}), StartsWith("1: "));
  EXPECT_THAT(desk.door.asked,
              ElementsAre("GET /api/v1/drafts/d1", "POST /api/v1/drafts/d1:apply"));
}

TEST(ChangesTest, TestsThatFailAreAnExitCodeForScripts) {
  DeskTrial desk;
  desk.door.Put("GET /api/v1/drafts/d1", kDraft);
  desk.door.Put("POST /api/v1/drafts/d1:check",
                R"({"ok": false, "problems": [{"file": "a", "line": 1, "column": 2}],
                    "tests": {"passed": 2, "failed": 1, "failures": []}})");
  EXPECT_THAT(desk.Fails({"test", "d1"}), StartsWith("1: "));
  EXPECT_EQ(desk.out.str(), "2 passed, 1 failed\n");
}

TEST(ChangesTest, ImpactSaysWhomItHits) {
  DeskTrial desk;
  desk.door.Put("GET /api/v1/drafts/d1", kDraft);
  desk.door.Put("POST /api/v1/drafts/d1:impact",
                R"({"sessions": {"asked": 9, "refused": 1, "list": [{"session": "0-1",
                    "client": "192.0.2.1:5", "destination": "a.example", "port": 443,
                    "refused_by": "no"}]}, "requests": null})");
  ASSERT_TRUE(desk.Run({"impact", "d1"}).ok());
  EXPECT_THAT(desk.out.str(),
              StartsWith("refuses 1 of 9 open sessions\n  0-1  192.0.2.1:5 to a.example:443 by "
                         "no\n"));
}

TEST(ChangesTest, LocksAreSetByKeysAndTakenAwayById) {
  DeskTrial desk;
  desk.door.Put("POST /api/v1/locks", R"({"id": "3", "user": "mallory", "ended": 2})", 201);
  ASSERT_TRUE(desk.Run({"lock", "add", "user=mallory", "--reason=left"}).ok());
  EXPECT_EQ(desk.door.bodies[0], R"({"user":"mallory","reason":"left"})");
  EXPECT_THAT(desk.Fails({"lock", "add", "mallory"}), StartsWith("2: lock: expected user="));
  desk.door.Put("DELETE /api/v1/locks/3", R"({"detail": "gone"})", 404);
  EXPECT_THAT(desk.Fails({"lock", "remove", "3"}), StartsWith("4: "));
}

}  // namespace
}  // namespace sluice
