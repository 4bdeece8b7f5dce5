#include "relay/auth/password_hash.h"

#include <crypt.h>

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Result = PasswordCheck::Result;

std::string Hash(const std::string& password, const char* setting) {
  crypt_data data = {};
  return crypt_r(password.c_str(), setting, &data);
}

class PasswordHashTest : public testing::TestWithParam<const char*> {
 protected:
  PasswordCheck check_;
};

TEST_P(PasswordHashTest, OnlyThePasswordMatches) {
  const std::string password = "correct \xff horse";
  const std::string hash = Hash(password, GetParam());
  ASSERT_NE(hash[0], '*');
  EXPECT_EQ(check_.Check(password, hash), Result::kMatches);
  EXPECT_EQ(check_.Check(password.substr(0, password.size() - 1), hash), Result::kDiffers);
  EXPECT_EQ(check_.Check(password + "x", hash), Result::kDiffers);
  EXPECT_EQ(check_.Check("", hash), Result::kDiffers);
  EXPECT_EQ(check_.Check(password + std::string("\0x", 2), hash), Result::kDiffers)
      << "nothing is cut at a NUL";
  EXPECT_EQ(check_.Check(password, hash), Result::kMatches)
      << "one check leaves nothing to the next";
}

TEST_P(PasswordHashTest, APrefixOfALongPasswordDoesNotMatch) {
  const std::string password(255, 'p');
  const std::string hash = Hash(password, GetParam());
  // bcrypt's hash is that of the first 72 bytes; the whole is no match then.
  const bool bcrypt = std::string_view(GetParam()).starts_with("$2");
  EXPECT_EQ(check_.Check(password, hash), bcrypt ? Result::kDiffers : Result::kMatches);
  for (const size_t size : {8, 71, 73, 254}) {
    EXPECT_EQ(check_.Check(password.substr(0, size), hash), Result::kDiffers) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, PasswordHashTest,
                         testing::Values("$y$j75$abcdefghijklmnop", "$6$rounds=1000$saltsalt",
                                         "$5$rounds=1000$saltsalt", "$2b$04$abcdefghijklmnopqrstuu",
                                         "$7$8/..../....abcdefgh"),
                         [](const auto& info) { return std::string("Kind") + info.param[1]; });

TEST(PasswordHash, WhatBcryptDoesNotReadDoesNotMatch) {
  PasswordCheck check;
  const std::string password(72, 'p');
  const std::string hash = Hash(password, "$2b$04$abcdefghijklmnopqrstuu");
  EXPECT_EQ(check.Check(password, hash), Result::kMatches);
  EXPECT_EQ(check.Check(password + "p", hash), Result::kDiffers);
  EXPECT_EQ(Hash(password + "p", "$2b$04$abcdefghijklmnopqrstuu"), hash)
      << "crypt(3) alone would have said yes";
}

TEST(PasswordHash, AnUnknownKindIsBrokenAndNeverAMatch) {
  PasswordCheck check;
  for (const std::string& hash :
       {std::string("$nonsense$"), std::string("*0"), std::string("*"), std::string("!"),
        std::string(), std::string(400, '$'), std::string("$6$a\0b", 6)}) {
    EXPECT_EQ(check.Check("secret", hash), Result::kBroken) << hash;
  }
}

TEST(PasswordHash, AMadeHashIsYescryptAndFresh) {
  PasswordCheck check;
  const absl::StatusOr<std::string> hash = HashPassword("secret \xc3\xa4");
  ASSERT_TRUE(hash.ok()) << hash.status();
  EXPECT_TRUE(hash->starts_with("$y$")) << *hash;
  EXPECT_EQ(check.Check("secret \xc3\xa4", *hash), Result::kMatches);
  EXPECT_NE(*HashPassword("secret \xc3\xa4"), *hash);
}

TEST(PasswordHash, WhatSocksCannotCarryIsNotHashed) {
  EXPECT_EQ(HashPassword("").status().message(),
            "expected a password of 1 to 255 bytes, found none");
  EXPECT_EQ(HashPassword(std::string(256, 'p')).status().message(),
            "expected a password of 1 to 255 bytes, found 256; SOCKS5 cannot carry more");
  EXPECT_FALSE(HashPassword(std::string("a\0b", 3)).ok());
  EXPECT_TRUE(HashPassword(std::string(255, 'p')).ok());
}

}  // namespace
}  // namespace sluice
