#include "tools/admin/drafts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/sha256.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class DraftsTest : public ::testing::Test {
 protected:
  Draft Begin(const std::string& text = "a\n") {
    Draft draft;
    draft.author = "alice";
    draft.base = {text, Sha256Of(text)};
    draft.text = text;
    const absl::StatusOr<Draft> added = drafts_.Add(draft, kNow);
    EXPECT_TRUE(added.ok()) << added.status();
    return added.ok() ? *added : Draft();
  }

  Drafts drafts_;
};

TEST_F(DraftsTest, TheHashIsThatOfOthers) {
  EXPECT_EQ(Sha256Of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(DraftsTest, EachHasAnIdOfItsOwnWhichIsNotUsedAgain) {
  EXPECT_EQ(Begin().id, "d1");
  EXPECT_EQ(Begin().id, "d2");
  EXPECT_TRUE(drafts_.Remove("d2").ok());
  EXPECT_EQ(Begin().id, "d3");
  EXPECT_THAT(drafts_.List(), SizeIs(2));
  EXPECT_TRUE(absl::IsNotFound(drafts_.Find("d2").status()));
  EXPECT_TRUE(absl::IsNotFound(drafts_.Remove("d2")));
}

TEST_F(DraftsTest, WhoWritesOverAnothersWorkHearsWhoseItIs) {
  const Draft begun = Begin();
  const absl::StatusOr<Draft> bobs = drafts_.Write("d1", begun.etag(), "b\n", "bob", kNow);
  ASSERT_TRUE(bobs.ok());
  const absl::Status lost = drafts_.Write("d1", begun.etag(), "c\n", "carol", kNow).status();
  EXPECT_TRUE(absl::IsAborted(lost));
  EXPECT_THAT(std::string(lost.message()), HasSubstr("bob has changed it"));
  EXPECT_EQ(drafts_.Find("d1")->text, "b\n");
  EXPECT_TRUE(drafts_.Write("d1", bobs->etag(), "c\n", "carol", kNow).ok());
}

TEST_F(DraftsTest, AnotherBaseIsAnotherState) {
  const Draft begun = Begin();
  const auto moved = drafts_.Rebase("d1", begun.etag(), {"z\n", Sha256Of("z\n")}, "a\n", "a", kNow);
  ASSERT_TRUE(moved.ok());
  EXPECT_NE(moved->etag(), begun.etag());
}

TEST_F(DraftsTest, ThereIsABoundOfNumberAndOfBytes) {
  for (size_t i = 0; i < Drafts::kMost; ++i) Begin();
  Draft one_more;
  EXPECT_TRUE(absl::IsResourceExhausted(drafts_.Add(one_more, kNow).status()));
  const std::string large(Drafts::kBytesMost, 'x');
  EXPECT_TRUE(absl::IsResourceExhausted(
      drafts_.Write("d1", drafts_.Find("d1")->etag(), large, "bob", kNow).status()));
  EXPECT_EQ(drafts_.Find("d1")->text, "a\n");
}

TEST_F(DraftsTest, WhatWasFoundIsForgottenWithTheTextThatItWasFoundIn) {
  const Draft begun = Begin();
  drafts_.NoteProblems("d1", begun.etag(), 3);
  EXPECT_EQ(drafts_.Find("d1")->problems, 3u);
  ASSERT_TRUE(drafts_.Write("d1", begun.etag(), "b\n", "bob", kNow).ok());
  EXPECT_EQ(drafts_.Find("d1")->problems, std::nullopt);
  drafts_.NoteProblems("d1", begun.etag(), 3);
  EXPECT_EQ(drafts_.Find("d1")->problems, std::nullopt);
}

TEST_F(DraftsTest, ThoseOfARunBeforeKeepTheirIds) {
  Draft left = Begin();
  left.id = "d7";
  Drafts next;
  next.Restore({left});
  EXPECT_TRUE(next.Find("d7").ok());
  EXPECT_EQ(next.Add(Draft(), kNow)->id, "d8");
}

}  // namespace
}  // namespace sluice
