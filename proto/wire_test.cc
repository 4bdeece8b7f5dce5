#include "proto/wire.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes Copy(absl::Span<const uint8_t> bytes) { return Bytes(bytes.begin(), bytes.end()); }

TEST(WireReaderTest, GivesTheBytesInOrderAndCountsThem) {
  const Bytes bytes = {1, 2, 3, 4};
  WireReader in(bytes);
  EXPECT_EQ(in.TakeByte(), 1);
  EXPECT_EQ(Copy(in.Take(2)), (Bytes{2, 3}));
  EXPECT_EQ(in.consumed(), 3u);
  EXPECT_EQ(in.left(), 1u);
  EXPECT_FALSE(in.empty());
}

TEST(WireReaderTest, NeverGivesMoreThanHasArrived) {
  const Bytes bytes = {1, 2};
  WireReader in(bytes);
  EXPECT_EQ(Copy(in.Take(100)), (Bytes{1, 2}));
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(in.TakeByte(), 0);
  EXPECT_TRUE(in.Take(1).empty());
  EXPECT_EQ(in.consumed(), 2u);
}

TEST(WirePieceTest, AWholePieceIsReadWhereItIs) {
  const Bytes bytes = {1, 2, 3};
  WireReader in(bytes);
  WirePiece<4> piece;
  EXPECT_EQ(piece.Collect(in, 2).data(), bytes.data());
  EXPECT_EQ(in.consumed(), 2u);
}

TEST(WirePieceTest, ATornPieceIsPutTogetherWhereverItWasCut) {
  const Bytes bytes = {1, 2, 3, 4, 9};
  for (size_t cut = 0; cut <= 3; ++cut) {
    WirePiece<4> piece;
    WireReader first(absl::MakeConstSpan(bytes).first(cut));
    WireReader second(absl::MakeConstSpan(bytes).subspan(cut));
    EXPECT_TRUE(piece.Collect(first, 4).empty());
    EXPECT_TRUE(first.empty());
    EXPECT_EQ(Copy(piece.Collect(second, 4)), (Bytes{1, 2, 3, 4}));
    EXPECT_EQ(second.left(), 1u);
  }
}

TEST(WirePieceTest, PiecesFollowOneAnother) {
  const Bytes bytes = {1, 2, 3, 4, 5};
  WirePiece<4> piece;
  std::vector<Bytes> seen;
  for (const uint8_t byte : bytes) {
    WireReader in(absl::MakeConstSpan(&byte, 1));
    const size_t size = seen.empty() ? 3 : 2;
    if (const auto whole = piece.Collect(in, size); !whole.empty()) seen.push_back(Copy(whole));
  }
  EXPECT_EQ(seen, (std::vector<Bytes>{{1, 2, 3}, {4, 5}}));
}

TEST(WireTextTest, KeepsWhatFitsAndRefusesTheRest) {
  WireText<3> text;
  EXPECT_TRUE(text.Append('a'));
  EXPECT_TRUE(text.Append(0xff));
  EXPECT_TRUE(text.Append('c'));
  EXPECT_FALSE(text.Append('d'));
  EXPECT_EQ(text.view(),
            "a\xff"
            "c");
}

TEST(WireWriterTest, WritesBigEndianAndInOrder) {
  WireWriter<8> out;
  out.Byte(1);
  out.U16(0x0203);
  out.Bytes(Bytes{4, 5});
  EXPECT_EQ(Copy(out.written()), (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(ReadU16(out.written().subspan(1, 2)), 0x0203);
  out.Clear();
  EXPECT_TRUE(out.written().empty());
}

TEST(WireWriterTest, LeavesOutWhatDoesNotFit) {
  WireWriter<3> out;
  out.Bytes(Bytes{1, 2});
  out.U16(0x0304);
  out.Byte(5);
  EXPECT_EQ(Copy(out.written()), (Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace sluice
