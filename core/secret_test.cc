#include "core/secret.h"

#include <concepts>
#include <cstring>
#include <ostream>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace sluice {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(SecretTest, CannotBePrinted) {
  static_assert(Printable<std::string>);
  static_assert(!Printable<Secret>);
  static_assert(!std::convertible_to<Secret, std::string_view>);
  const Secret secret("a longer secret than a string keeps inside itself");
  EXPECT_EQ(testing::PrintToString(secret).find("secret"), std::string::npos);
  const Secret brief("s3");
  char object[sizeof(Secret)];
  std::memcpy(object, static_cast<const void*>(&brief), sizeof(object));
  EXPECT_EQ(std::string_view(object, sizeof(object)).find("s3"), std::string_view::npos);
}

TEST(SecretTest, EqualsWhatHasTheSameBytes) {
  EXPECT_TRUE(Secret("abc") == Secret("abc"));
  EXPECT_FALSE(Secret("abc") == Secret("abd"));
  EXPECT_FALSE(Secret("abc") == Secret("bbc"));
  EXPECT_FALSE(Secret("abc") == Secret("ab"));
  EXPECT_TRUE(Secret("") == Secret());
  EXPECT_FALSE(Secret(std::string_view("a\0b", 3)) == Secret(std::string_view("a\0c", 3)));
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_FALSE(EqualInConstantTime("\x80", "\x00"));
}

TEST(SecretTest, IsCopiedAndMovedLikeAValue) {
  Secret one("first");
  Secret two = one;
  EXPECT_EQ(two.Reveal(), "first");
  Secret three = std::move(one);
  EXPECT_EQ(three.Reveal(), "first");
  EXPECT_TRUE(one.empty());  // NOLINT: what a moved-from secret holds is what this asks
  three = Secret("second");
  EXPECT_EQ(three.Reveal(), "second");
  EXPECT_EQ(two.Reveal(), "first");
  Secret& same = two;
  two = same;
  EXPECT_EQ(two.Reveal(), "first");
  two = Secret();
  EXPECT_TRUE(two.empty());
}

}  // namespace
}  // namespace sluice
