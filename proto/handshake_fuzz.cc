// Fuzz driver of the Handshake. The first byte of an input says how (bit 0: SOCKS4 is served; bits
// 1 and 2: which methods, see kMethodChoices; all of them seed the cuts), the rest is what a client
// sends.
//
//   1. The same bytes whole, byte by byte, and cut in two at many places lead to the same end.
//   2. The end keeps the promises of handshake.h.
//   3. Every answer to a complete request has the length its version asks for.
//
// Run by tests/corpora/run_corpus.cc in every test run, or under libFuzzer:
//   clang++ -fsanitize=fuzzer,address,undefined … proto/handshake_fuzz.cc

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "absl/algorithm/container.h"
#include "core/prng.h"
#include "proto/played_handshake.h"

namespace sluice {
namespace {

using End = PlayedHandshake::End;

constexpr uint8_t kPasswordOnly[] = {kMethodPassword};
constexpr uint8_t kPasswordFirst[] = {kMethodPassword, kMethodNone};
constexpr uint8_t kPasswordLast[] = {kMethodNone, kMethodPassword};
constexpr absl::Span<const uint8_t> kMethodChoices[] = {kNoAuthentication, kPasswordOnly,
                                                        kPasswordFirst, kPasswordLast};

void Expect(bool promise, const char* sentence, const PlayedHandshake& played) {
  if (promise) return;
  std::cerr << "not true: " << sentence << "\n  " << played << "\n";
  std::abort();
}

void ExpectSameHoweverCut(const Handshake::Options& options, std::string_view bytes, uint64_t seed,
                          const PlayedHandshake& whole) {
  const auto compare = [&](const std::vector<size_t>& cuts) {
    const PlayedHandshake split = PlayHandshake(options, bytes, cuts);
    if (!(split == whole)) std::cerr << "whole: " << whole << "\n";
    Expect(split == whole, "every delivery of the same bytes has the same end", split);
  };
  compare(CutEverywhere(bytes.size()));
  Prng prng(seed);
  const size_t tries = std::min<size_t>(bytes.size(), 16);
  for (size_t i = 0; i < tries; ++i) {
    const size_t first = prng.Below(bytes.size() + 1);
    const size_t second = first + prng.Below(bytes.size() - first + 1);
    compare({first});
    compare({first, second});
  }
}

void ExpectPromises(const Handshake::Options& options, std::string_view bytes,
                    const PlayedHandshake& played) {
  Expect(played.consumed <= bytes.size(), "no more is consumed than arrived", played);
  Expect(played.end != End::kWaiting || played.consumed == bytes.size(),
         "a handshake that waits has consumed everything", played);
  Expect((played.end == End::kClosed) == !played.why.empty(), "what is closed has a reason",
         played);
  Expect(played.output.size() <= limits::kHandshakeReplyBytesMax, "the output is bounded", played);
  Expect(options.socks4 || played.version == Version::kSocks5 || played.end != End::kDecide,
         "SOCKS4 is served only where it is asked for", played);
  Expect(played.end == End::kClosed || played.rep == Rep::kSucceeded, "only a refusal has a REP",
         played);
  Expect(played.end != End::kWaiting || played.name.empty(), "half a name is no name", played);
  Expect(std::all_of(played.name.begin(), played.name.end(), IsNameByte),
         "a name has only bytes of names", played);
  Expect(!Address::ParseLenient(played.name), "a name does not spell an address", played);
  Expect(played.user_id.find('\0') == std::string::npos, "a user id has no NUL", played);
  const bool asked = !played.user.empty();
  Expect(asked == !played.password.empty(), "a user has a password", played);
  Expect(!asked || played.method == kMethodPassword, "only who was asked is heard", played);
  Expect(played.user.size() <= 255 && played.password.size() <= 255, "lengths fit", played);
  if (played.end != End::kDecide) return;
  Expect(
      played.method != kMethodPassword || (asked && IsEvenPassword({played.user, played.password})),
      "no request is heard before good credentials", played);
  Expect(
      played.version != Version::kSocks5 || absl::c_linear_search(options.methods, played.method),
      "a method of the server's was chosen", played);
  Expect(played.command != Command::kConnect || played.target.port != 0, "no CONNECT to port 0",
         played);
  Expect(played.name.empty() || played.target.address == Address(),
         "a request has a name or an address", played);
}

void ExpectAnswers(const Handshake::Options& options, std::string_view bytes) {
  for (const char* bound : {"192.0.2.7:1", "[2001:db8::7]:65535", "refused"}) {
    Handshake handshake(options);
    size_t consumed = 0;
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    absl::Span<const uint8_t> rest = absl::MakeConstSpan(data, bytes.size());
    Handshake::Step step = handshake.Feed(rest, &consumed);
    if (step == Handshake::Step::kAuthenticate) {
      handshake.Authenticated();
      if (!handshake.credentials().password.empty()) std::abort();
      step = handshake.Feed(rest.subspan(consumed), &consumed);
    }
    if (step != Handshake::Step::kDecide) return;
    handshake.TakeOutput();
    const std::optional<Endpoint> endpoint = Endpoint::Parse(bound);
    if (endpoint) handshake.Succeed(*endpoint);
    if (!endpoint) handshake.Fail(Rep::kConnectionRefused);
    const bool v6 = endpoint && !endpoint->address.is_v4();
    const size_t expected = handshake.version() != Version::kSocks5 ? 8 : v6 ? 22 : 10;
    if (handshake.output().size() != expected) std::abort();
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const sluice::Handshake::Options options{.socks4 = (data[0] & 1) != 0,
                                           .methods = sluice::kMethodChoices[data[0] >> 1 & 3]};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               std::min(size - 1, size_t{2048}));
  const sluice::PlayedHandshake whole = sluice::PlayHandshake(options, bytes);
  sluice::ExpectSameHoweverCut(options, bytes, data[0] >> 1, whole);
  sluice::ExpectPromises(options, bytes, whole);
  sluice::ExpectAnswers(options, bytes);
  return 0;
}
