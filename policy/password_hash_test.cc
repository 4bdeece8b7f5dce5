#include "policy/password_hash.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// Whole in form; nobody hashed anything for them.
constexpr std::string_view kGood[] = {
    "$y$j9T$abcdefghijklmnopqrstuv$0123456789012345678901234567890123456789012",
    "$gy$j9T$abcdefghijklmnopqrstuv$0123456789012345678901234567890123456789012",
    "$7$CU..../....abcdefghijklmnopqrstuv$0123456789012345678901234567890123456789012",
    "$2b$12$abcdefghijklmnopqrstuv0123456789012345678901234567890",
    "$2y$04$abcdefghijklmnopqrstuv0123456789012345678901234567890",
    "$2a$31$abcdefghijklmnopqrstuv0123456789012345678901234567890",
    "$6$salt$abcdefghijklmnopqrstuvwxyz./"
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijkl",
    "$6$rounds=500000$0123456789abcdef$"
    "abcdefghijklmnopqrstuvwxyz./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijkl",
    "$5$s$0123456789012345678901234567890123456789012",
};

std::string Fault(std::string_view text) {
  Complaint complaint;
  return CheckPasswordHash(text, &complaint) ? "" : complaint.found;
}

TEST(PasswordHashTest, WholeHashesOfStrongSchemesAreGood) {
  for (const std::string_view hash : kGood) EXPECT_EQ(Fault(hash), "") << hash;
}

TEST(PasswordHashTest, AHashThatIsCutOrGrownAnywhereIsNotWhole) {
  for (const std::string_view hash : kGood) {
    for (size_t size = 0; size < hash.size(); ++size)
      EXPECT_NE(Fault(hash.substr(0, size)), "") << hash.substr(0, size);
    EXPECT_NE(Fault(std::string(hash) + "x"), "") << hash;
    EXPECT_NE(Fault(std::string(hash) + "\n"), "") << hash;
    EXPECT_NE(Fault(std::string(hash) + "$"), "") << hash;
    std::string spoilt(hash);
    spoilt.back() = ':';
    EXPECT_NE(Fault(spoilt), "") << hash;
  }
}

TEST(PasswordHashTest, WhatCannotOrShouldNotBeCheckedIsToldInWordsThatShowNoneOfIt) {
  EXPECT_EQ(Fault(""), "an empty text");
  EXPECT_EQ(Fault("!"), "what locks an account in /etc/shadow");
  EXPECT_EQ(Fault("*"), "what locks an account in /etc/shadow");
  EXPECT_EQ(Fault("$1$salt$0123456789012345678901"), "an MD5 hash, which is too weak");
  EXPECT_EQ(Fault("$apr1$salt$0123456789012345678901"), "an MD5 hash, which is too weak");
  EXPECT_EQ(Fault("ab0123456789."), "a DES hash, which is too weak, or a password");
  EXPECT_EQ(Fault("$2x$12$abcdefghijklmnopqrstuv0123456789012345678901234567890"),
            "a hash of a faulty bcrypt, which is too weak");
  EXPECT_EQ(Fault("{SSHA}0123456789"), "a hash of LDAP");
  EXPECT_EQ(Fault("$argon2id$v=19$m=65536$x$y"), "a hash that crypt(3) does not know");
  EXPECT_EQ(Fault("$"), "a hash that crypt(3) does not know");
  EXPECT_EQ(Fault("correct horse"), "what is no hash");
  EXPECT_EQ(Fault("$2b$03$abcdefghijklmnopqrstuv0123456789012345678901234567890"),
            "a bcrypt hash that is not whole");
}

}  // namespace
}  // namespace sluice
