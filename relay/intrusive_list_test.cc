#include "core/intrusive_list.h"

#include <deque>
#include <memory>
#include <vector>

#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

struct Member : public ListNode {
  explicit Member(int number) : number(number) {}
  int number;
};

std::vector<int> NumbersOf(IntrusiveList<Member>& list) {
  std::vector<int> numbers;
  list.ForEach([&](Member& member) { numbers.push_back(member.number); });
  return numbers;
}

TEST(IntrusiveListTest, MembersComeOutInTheOrderInWhichTheyJoined) {
  Member one(1), two(2), three(3);
  IntrusiveList<Member> list;
  EXPECT_TRUE(list.empty());
  for (Member* member : {&one, &two, &three}) list.PushBack(*member);
  EXPECT_EQ(NumbersOf(list), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(list.front().number, 1);
  EXPECT_EQ(list.PopFront().number, 1);
  EXPECT_FALSE(one.linked());
  EXPECT_EQ(list.PopFront().number, 2);
  EXPECT_EQ(list.PopFront().number, 3);
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveListTest, MemberLeavesFromTheMiddle) {
  Member one(1), two(2), three(3);
  IntrusiveList<Member> list;
  for (Member* member : {&one, &two, &three}) list.PushBack(*member);
  two.Unlink();
  EXPECT_FALSE(two.linked());
  EXPECT_EQ(NumbersOf(list), (std::vector<int>{1, 3}));
  two.Unlink();
  EXPECT_EQ(NumbersOf(list), (std::vector<int>{1, 3}));
}

TEST(IntrusiveListTest, MemberThatIsDestroyedLeaves) {
  Member one(1), three(3);
  IntrusiveList<Member> list;
  list.PushBack(one);
  {
    Member two(2);
    list.PushBack(two);
    list.PushBack(three);
  }
  EXPECT_EQ(NumbersOf(list), (std::vector<int>{1, 3}));
}

TEST(IntrusiveListTest, MembersOutliveTheList) {
  Member one(1), two(2);
  {
    IntrusiveList<Member> list;
    list.PushBack(one);
    list.PushBack(two);
  }
  EXPECT_FALSE(one.linked());
  EXPECT_FALSE(two.linked());
}

TEST(IntrusiveListTest, VisitorMayUnlinkWhomItVisits) {
  Member one(1), two(2), three(3);
  IntrusiveList<Member> list;
  for (Member* member : {&one, &two, &three}) list.PushBack(*member);
  std::vector<int> visited;
  list.ForEach([&](Member& member) {
    visited.push_back(member.number);
    member.Unlink();
  });
  EXPECT_EQ(visited, (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveListTest, RandomJoinsAndLeavesAgreeWithAPlainList) {
  Prng random(1);
  std::vector<std::unique_ptr<Member>> members;
  for (int i = 0; i < 20; ++i) members.push_back(std::make_unique<Member>(i));
  IntrusiveList<Member> list;
  std::deque<int> twin;
  for (int step = 0; step < 10'000; ++step) {
    Member& member = *members[random.Below(members.size())];
    if (random.OneIn(8) && !twin.empty()) {
      ASSERT_EQ(list.PopFront().number, twin.front());
      twin.pop_front();
    } else if (member.linked()) {
      member.Unlink();
      std::erase(twin, member.number);
    } else {
      list.PushBack(member);
      twin.push_back(member.number);
    }
    ASSERT_EQ(NumbersOf(list), std::vector<int>(twin.begin(), twin.end())) << "step " << step;
    ASSERT_EQ(list.empty(), twin.empty());
  }
}

}  // namespace
}  // namespace sluice
