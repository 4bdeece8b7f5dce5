#include "tools/admin/events.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Events::Subscription To(std::vector<Topic> topics) {
  Events::Subscription subscription;
  for (const Topic topic : topics) subscription.topics[static_cast<size_t>(topic)] = true;
  return subscription;
}

class EventsTest : public ::testing::Test {
 protected:
  // A reader whose greeting has been read.
  std::shared_ptr<EventStream> Open(Events::Subscription subscription) {
    auto stream = events_.Open(std::move(subscription));
    EXPECT_TRUE(stream.ok()) << stream.status();
    return *std::move(stream);
  }
  static AccessRecord Ended(std::string_view rule) {
    AccessRecord record;
    record.client = *Endpoint::Parse("192.0.2.1:50000");
    record.rule.Set(rule);
    record.ended_by = EndedBy::kTarget;
    record.why = "the target has closed";
    return record;
  }

  Events events_;
};

TEST_F(EventsTest, AReaderGetsItsTopicsAndNoOthers) {
  const auto stream = Open(To({Topic::kConfig}));
  stream->Take();
  events_.Say(Topic::kConfig, "{\"generation\":2}");
  events_.Say(Topic::kStatus, "{}");
  EXPECT_EQ(stream->Take(), "id: 1\nevent: config\ndata: {\"generation\":2}\n\n");
  EXPECT_TRUE(events_.wanted(Topic::kConfig));
  EXPECT_FALSE(events_.wanted(Topic::kStatus));
}

TEST_F(EventsTest, TheLogIsFilteredForEachReader) {
  Events::Subscription office = To({Topic::kLog});
  office.filter = *SessionFilter::Parse("rule=office");
  const auto filtered = Open(std::move(office));
  const auto all = Open(To({Topic::kLog}));
  filtered->Take();
  all->Take();
  events_.SayLog(Ended("office"));
  events_.SayLog(Ended("others"));
  EXPECT_THAT(filtered->Take(), AllOf(HasSubstr("\"office\""), Not(HasSubstr("others"))));
  EXPECT_THAT(all->Take(), AllOf(HasSubstr("\"office\""), HasSubstr("\"others\"")));
  EXPECT_EQ(events_.ended_by()[static_cast<size_t>(EndedBy::kTarget)], 2u);
}

TEST_F(EventsTest, WhoComesAgainGetsWhatItHasMissed) {
  const auto first = Open(To({Topic::kConfig}));
  for (int i = 1; i <= 3; ++i) events_.Say(Topic::kConfig, absl::StrCat(i));
  Events::Subscription again = To({Topic::kConfig});
  again.had = 1;
  const std::string text = Open(std::move(again))->Take();
  EXPECT_THAT(text, AllOf(HasSubstr("id: 2\n"), HasSubstr("id: 3\n"), Not(HasSubstr("id: 1\n")),
                          Not(HasSubstr("dropped"))));
}

TEST_F(EventsTest, WhatIsNoLongerHereIsCounted) {
  for (size_t i = 0; i < admin_bounds::kEventsKept + 10; ++i) events_.Say(Topic::kAudit, "{}");
  Events::Subscription late = To({Topic::kAudit});
  late.had = 5;
  EXPECT_THAT(Open(std::move(late))->Take(),
              AllOf(HasSubstr("event: dropped\ndata: {\"n\":5}\n\n"), HasSubstr("id: 11\n")));
}

TEST_F(EventsTest, AReaderThatReadsNothingHoldsABoundedNumberOfBytes) {
  const auto stream = Open(To({Topic::kStatus}));
  stream->Take();
  const std::string data(1000, 'x');
  for (int i = 0; i < 10'000; ++i) events_.Say(Topic::kStatus, data);
  const std::string text = stream->Take();
  EXPECT_LE(text.size(), admin_bounds::kStreamBytesMax + 100);
  EXPECT_THAT(text, HasSubstr("event: dropped\ndata: {\"n\":"));
  events_.Say(Topic::kStatus, "{}");
  EXPECT_EQ(stream->Take(), "event: status\ndata: {}\n\n");
}

TEST_F(EventsTest, StreamsAreBoundedAndPlacesComeBack) {
  std::vector<std::shared_ptr<EventStream>> streams;
  for (int i = 0; i < admin_bounds::kStreamsMax; ++i) streams.push_back(Open(To({Topic::kLog})));
  EXPECT_TRUE(absl::IsResourceExhausted(events_.Open(To({Topic::kLog})).status()));
  streams.back()->Close();
  streams.front().reset();
  streams.push_back(Open(To({Topic::kLog})));
  streams.push_back(Open(To({Topic::kLog})));
  EXPECT_TRUE(absl::IsResourceExhausted(events_.Open(To({Topic::kLog})).status()));
}

TEST_F(EventsTest, AStreamEndsWithTheRightToIt) {
  bool may = true;
  Events::Subscription subscription = To({Topic::kStatus});
  subscription.may_still = [&may] { return may; };
  const auto stream = Open(std::move(subscription));
  events_.Beat();
  EXPECT_FALSE(stream->ended());
  may = false;
  events_.Beat();
  EXPECT_TRUE(stream->ended());
}

TEST_F(EventsTest, TheLogIsRememberedForAWhileAfterItsLastReader) {
  Open(To({Topic::kLog})).reset();
  events_.Beat();
  events_.SayLog(Ended("soon"));
  Events::Subscription soon = To({Topic::kLog});
  soon.had = 0;
  EXPECT_THAT(Open(std::move(soon))->Take(), HasSubstr("\"soon\""));
  for (int i = 0; i < 100; ++i) events_.Beat();
  events_.SayLog(Ended("late"));
  Events::Subscription late = To({Topic::kLog});
  late.had = 0;
  EXPECT_THAT(Open(std::move(late))->Take(), Not(HasSubstr("\"late\"")));
}

}  // namespace
}  // namespace sluice
