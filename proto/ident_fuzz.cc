// Fuzz driver of IdentAnswer, to the query for 6193 , 23. An input is what the client's host sends.
//
//   1. The same bytes whole and byte by byte lead to the same end.
//   2. A user id has 1 to 999 octets, none of them NUL, CR or LF, and stands in the input; an error
//      stands there, too.
//   3. More than 1000 bytes without a line end are never waited for.
//
// Run by tests/corpora/run_corpus.cc in every test run, or under libFuzzer.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "proto/ident.h"

namespace sluice {
namespace {

using Outcome = IdentAnswer::Outcome;

void Expect(bool promise, const char* sentence) {
  if (promise) return;
  std::cerr << "not true: " << sentence << "\n";
  std::abort();
}

bool IsUserIdOctet(char c) { return c != '\0' && c != '\r' && c != '\n'; }

void Judge(absl::Span<const uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  IdentAnswer whole(6193, 23);
  const Outcome outcome = whole.Feed(bytes);
  IdentAnswer split(6193, 23);
  Outcome last = Outcome::kMore;
  for (size_t i = 0; i < bytes.size() && last == Outcome::kMore; ++i)
    last = split.Feed(bytes.subspan(i, 1));
  Expect(last == outcome && split.user_id() == whole.user_id() && split.error() == whole.error(),
         "every delivery of the same bytes has the same end");
  if (outcome == Outcome::kUserId) {
    const std::string_view user = whole.user_id();
    Expect(!user.empty() && user.size() < 1000, "a user id is bounded");
    Expect(std::all_of(user.begin(), user.end(), IsUserIdOctet),
           "a user id has no octet that no user id has");
    Expect(text.find(user) != std::string_view::npos, "a user id was sent");
    Expect(whole.Is(user), "a user is who it is");
  }
  if (outcome == Outcome::kError) Expect(!whole.error().empty(), "an error has a word");
  if (outcome == Outcome::kMore)
    Expect(text.find('\n') == std::string_view::npos && text.size() <= 1000,
           "only an unfinished line is waited for");
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  sluice::Judge(absl::MakeConstSpan(bytes, size));
  return 0;
}
