#include "tools/sluiced/crowd_remark.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1000);

TEST(CrowdRemarkTest, NothingIsSaidWhereNobodyWaited) {
  CrowdRemark remark;
  Counters::Totals totals;
  totals.sessions_accepted = 1000;
  EXPECT_EQ(remark.Next(totals, kNow), "");
}

TEST(CrowdRemarkTest, WhatCameSinceTheLastTimeIsSaidOnceAMinute) {
  CrowdRemark remark;
  Counters::Totals totals;
  totals.sessions_turned_away = 200;
  EXPECT_EQ(remark.Next(totals, kNow),
            "many clients: 200 were turned away because their source had as many as it may; the "
            "access log has their addresses, [limits] and --sessions_max the bounds");
  EXPECT_EQ(remark.Next(totals, kNow + absl::Hours(1)), "") << "nothing new";
  totals.places_awaited = 3;
  totals.handshakes_crowded_out = 2;
  totals.sessions_turned_away = 250;
  EXPECT_EQ(remark.Next(totals, kNow + absl::Seconds(59)), "") << "too soon";
  EXPECT_EQ(remark.Next(totals, kNow + absl::Seconds(60)),
            "many clients: 3 had to wait for a place, 50 were turned away because their source had "
            "as many as it may, 2 unfinished handshakes were ended to make room; the access log "
            "has their addresses, [limits] and --sessions_max the bounds");
}

}  // namespace
}  // namespace sluice
