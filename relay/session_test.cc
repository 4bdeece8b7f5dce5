#include "relay/session.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

// An idle tunnel is its Session; so is an association, with two targets and what slab and kernel
// door add. What is lent to those that talk to more, or use names, is lent then.
TEST(SessionMemoryTest, IdleSessionFitsIntoAKilobyte) { EXPECT_LT(sizeof(Session), 1024u - 64u); }

}  // namespace
}  // namespace sluice
