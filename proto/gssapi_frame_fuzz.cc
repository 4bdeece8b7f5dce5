// Fuzz driver of GssapiFrames. The first byte of an input seeds the cuts, the second is the MTYP
// that is awaited, the rest is what arrives.
//
//   1. However it is cut, the same bytes give the same messages and the same end.
//   2. Messages and what is held are exactly the bytes that arrived.
//
// Run by tests/corpora/run_corpus.cc in every test run.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/prng.h"
#include "proto/gssapi_frame.h"

namespace sluice {
namespace {

struct Played {
  std::vector<std::string> tokens;
  size_t held = 0;
  std::string_view why;
  bool operator==(const Played&) const = default;
};

template <typename Size>
Played Play(absl::Span<const uint8_t> bytes, GssapiMessage awaited, Size next_size) {
  GssapiFrames frames;
  Played played;
  for (size_t at = 0; at < bytes.size();) {
    const absl::Span<const uint8_t> piece = bytes.subspan(at, next_size());
    at += piece.size();
    frames.Append(piece);
    GssapiFrames::Outcome outcome;
    while ((outcome = frames.Next(awaited)) == GssapiFrames::Outcome::kFrame) {
      played.tokens.emplace_back(frames.token().begin(), frames.token().end());
      frames.Consume();
    }
    if (outcome == GssapiFrames::Outcome::kBroken) {
      played.why = frames.why();
      return played;
    }
  }
  played.held = frames.held();
  return played;
}

void Expect(bool promise, const char* sentence) {
  if (promise) return;
  std::cerr << "not true: " << sentence << "\n";
  std::abort();
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;  // a driver is one function
  if (size < 2) return 0;
  const auto awaited = static_cast<GssapiMessage>(data[1]);
  const absl::Span<const uint8_t> bytes(data + 2, size - 2);
  const Played whole = Play(bytes, awaited, [&] { return bytes.size(); });
  Expect(Play(bytes, awaited, [] { return size_t{1}; }) == whole, "byte by byte it is the same");
  Prng prng(data[0]);
  for (int i = 0; i < 8; ++i) {
    Expect(Play(bytes, awaited, [&] { return 1 + prng.Below(40); }) == whole,
           "every delivery of the same bytes has the same end");
  }
  size_t told = 0;
  for (const std::string& token : whole.tokens) {
    Expect(!token.empty() && token.size() <= kGssapiTokenBytesMax, "a token has 1 to 65535 bytes");
    Expect(std::string_view(reinterpret_cast<const char*>(bytes.data()) + told + kGssapiHeaderBytes,
                            token.size()) == token,
           "a token is what stands behind its header");
    told += kGssapiHeaderBytes + token.size();
  }
  Expect(!whole.why.empty() || told + whole.held == bytes.size(), "no byte is lost");
  return 0;
}
