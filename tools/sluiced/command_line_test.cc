// The flags of glog stand for the daemon's own, which only its main file has.

#include "tools/sluiced/command_line.h"

#include <sys/stat.h>

#include <cstdio>
#include <string>

#include "gflags/gflags.h"
#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kFile[] = "src/logging.cc";
const std::vector<FlagRange> kRanges = {{"minloglevel", 0, 3, "levels"}, {"v", -1, 9, ""}};

std::string FaultOf(const std::vector<std::string>& arguments) {
  return FaultOfArguments(arguments, kFile);
}

class CommandLineTest : public ::testing::Test {
 protected:
  gflags::FlagSaver saver_;  // puts every flag back
};

TEST_F(CommandLineTest, FlagsThatThereAreHaveNoFault) {
  EXPECT_EQ(FaultOf({}), "");
  EXPECT_EQ(FaultOf({"--minloglevel=2", "-minloglevel=2", "--logtostderr", "--nologtostderr",
                     "--minloglevel", "2", "--help", "--helpfull", "--version", "-help"}),
            "");
  EXPECT_EQ(FaultOf({"--log_dir", "--no-such-flag"}), "") << "a value may look like a flag";
  EXPECT_EQ(FaultOf({"--", "--no-such-flag"}), "") << "nothing is a flag behind it";
}

TEST_F(CommandLineTest, UnknownFlagGetsTheOneThatWasMeant) {
  EXPECT_EQ(FaultOf({"--minlogleve=2"}),
            "expected a flag, found \"--minlogleve\"; did you mean --minloglevel?");
  EXPECT_EQ(FaultOf({"--logtostderr", "-log_dri", "x"}),
            "expected a flag, found \"-log_dri\"; did you mean --log_dir?");
  EXPECT_EQ(FaultOf({"--halp"}), "expected a flag, found \"--halp\"; did you mean --help?");
  EXPECT_EQ(FaultOf({"--something-else-altogether"}),
            "expected a flag, found \"--something-else-altogether\"; sluiced --help has the list");
  EXPECT_THAT(FaultOf({"--nominloglevel"}), HasSubstr("expected a flag")) << "it is no yes or no";
  for (const char* odd : {"--=", "-=x", "---", "--=x"})
    EXPECT_THAT(FaultOf({odd}), HasSubstr("expected a flag, found ")) << odd;
}

TEST_F(CommandLineTest, WhatIsNoFlagAndWhatLacksItsValueIsRefused) {
  EXPECT_EQ(FaultOf({"sluice.toml"}),
            "expected flags only, found \"sluice.toml\"; see sluiced --help");
  EXPECT_THAT(FaultOf({"--logtostderr", "-"}), HasSubstr("expected flags only, found \"-\""));
  EXPECT_EQ(FaultOf({"--minloglevel"}),
            "expected a value, found none after --minloglevel; write --minloglevel=VALUE");
}

TEST_F(CommandLineTest, FileOfFlagsIsARegularOne) {
  const std::string fifo = ::testing::TempDir() + "/command_line_fifo";
  std::remove(fifo.c_str());
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(FaultOf({"--flagfile=" + fifo}),
              AllOf(HasSubstr(fifo), HasSubstr("expected a regular file, found a FIFO")));
  EXPECT_THAT(FaultOf({"--flagfile", "/proc/self/status," + fifo}), HasSubstr("found a FIFO"));
  EXPECT_EQ(FaultOf({"--flagfile=/proc/self/status"}), "");
  std::remove(fifo.c_str());
}

TEST_F(CommandLineTest, NumbersOutsideTheirRangeAreToldWithIt) {
  EXPECT_EQ(FaultOfFlags(kRanges), "");
  gflags::SetCommandLineOption("minloglevel", "4");
  EXPECT_EQ(FaultOfFlags(kRanges), "--minloglevel: expected 0 to 3 levels, found 4");
  gflags::SetCommandLineOption("minloglevel", "0");
  gflags::SetCommandLineOption("v", "-2");
  EXPECT_EQ(FaultOfFlags(kRanges), "--v: expected -1 to 9, found -2");
}

TEST_F(CommandLineTest, LogGoesNowhereElse) {
  gflags::SetCommandLineOption("log_dir", "/var/log");
  EXPECT_THAT(FaultOfFlags({}), HasSubstr("--log_dir: the log goes to standard error"));
}

TEST_F(CommandLineTest, HelpHasTheOwnFlagsWithRangesAndNoOthers) {
  const std::string help = HelpText(kRanges, kFile);
  EXPECT_THAT(help, AllOf(HasSubstr("--minloglevel=0  (0 to 3)\n"), HasSubstr("--log_link=TEXT\n"),
                          HasSubstr("--helpfull"), Not(HasSubstr("--tryfromenv")),
                          Not(HasSubstr("--undefok"))));
}

}  // namespace
}  // namespace sluice
