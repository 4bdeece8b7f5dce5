// The parts of a support bundle.

#include <stdio.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/recent_warnings.h"
#include "tools/admin/tar_gz.h"
#include "tools/admin/without_secrets.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  std::string text;
  char piece[4096];
  while (const size_t size = fread(piece, 1, sizeof(piece), pipe)) text.append(piece, size);
  EXPECT_EQ(pclose(pipe), 0) << command << ": " << text;
  return text;
}

TEST(Crc32Test, IsTheOneOfGzip) { EXPECT_EQ(Crc32("123456789"), 0xcbf43926u); }

// The judges are the programs that people unpack it with.
TEST(TarGzTest, TarUnpacksWhatWasPutIn) {
  std::string large;
  for (int i = 0; i < 200'000; ++i) large.push_back(static_cast<char>('a' + i % 23));
  TarGz bundle("sluice-1", absl::FromUnixSeconds(1'700'000'000));
  bundle.Add("one.txt", "hello\n");
  bundle.Add("empty", "");
  bundle.Add("large", large);
  const std::string path = ::testing::TempDir() + "/bundle.tar.gz";
  std::ofstream(path, std::ios::binary) << std::move(bundle).Finish();
  EXPECT_EQ(OutputOf("gzip -t " + path + " 2>&1"), "");
  EXPECT_EQ(OutputOf("tar -tzf " + path + " 2>&1"),
            "sluice-1/one.txt\nsluice-1/empty\nsluice-1/large\n");
  EXPECT_EQ(OutputOf("tar -xzOf " + path + " sluice-1/one.txt"), "hello\n");
  EXPECT_EQ(OutputOf("tar -xzOf " + path + " sluice-1/large"), large);
}

TEST(WithoutSecretsTest, NothingOfAPasswordIsLeft) {
  for (const char* line :
       {"password = \"HIDDEN\"", "password=\"HID\\\"DEN\"", "PASSWORD = 'HIDDEN'",
        "\"password\" = \"HIDDEN\"", "password_hash = \"HIDDEN\"",
        "[[user]]\nname = \"alice\"\npassword = '''\nHIDDEN\nHIDDEN'''",
        "users = [{ name = \"a\", password = \"HIDDEN\" }]", "password = HIDDEN",
        "password = \"HIDDEN", "# was \"$y$j9T$HIDDEN$HIDDEN\"", "my_secret = \"HIDDEN\""}) {
    const std::string text = WithoutSecrets(line);
    EXPECT_THAT(text, Not(HasSubstr("HID"))) << line << " -> " << text;
    EXPECT_THAT(text, Not(HasSubstr("DEN"))) << line << " -> " << text;
  }
}

TEST(WithoutSecretsTest, EverythingElseStays) {
  const std::string text =
      "[[rule]]\nname = \"password check\"\nsource = [\"10.0.0.0/8\"]\n# costs $5, or $x\nverdict "
      "= "
      "\"deny\"\n";
  EXPECT_EQ(WithoutSecrets(text), text);
  EXPECT_EQ(WithoutSecrets("password = \"x\" # why\nname = \"a\"\n"),
            "password = \"(left out)\" # why\nname = \"a\"\n");
}

TEST(RecentWarningsTest, HasTheLastOnesAndNoRemarks) {
  RecentWarnings warnings;
  LOG(INFO) << "a remark";
  for (size_t i = 0; i < RecentWarnings::kLines + 5; ++i) LOG(WARNING) << "warning " << i << ".";
  LOG(ERROR) << std::string(2 * RecentWarnings::kLineBytes, 'x');
  const std::string text = warnings.Text();
  EXPECT_THAT(text, Not(HasSubstr("a remark")));
  EXPECT_THAT(text, Not(HasSubstr("warning 5.")));
  EXPECT_THAT(text, HasSubstr("warning 6."));
  EXPECT_LT(text.size(), RecentWarnings::kLines * 100 + RecentWarnings::kLineBytes + 100);
}

}  // namespace
}  // namespace sluice
