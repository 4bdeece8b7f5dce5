#include "proto/played_handshake.h"

#include <algorithm>

#include "absl/strings/escaping.h"

namespace sluice {

namespace {

// Feeds one piece, with the verdicts that it asks for.
Handshake::Step FeedPiece(Handshake& handshake, absl::Span<const uint8_t> piece,
                          PlayedHandshake* played) {
  while (true) {
    size_t consumed = 0;
    const Handshake::Step step = handshake.Feed(piece, &consumed);
    played->consumed += consumed;
    piece.remove_prefix(consumed);
    if (step != Handshake::Step::kAuthenticate) return step;
    const Credentials credentials = handshake.credentials();
    played->user = credentials.user;
    played->password = credentials.password;
    if (!IsEvenPassword(credentials)) {
      handshake.RejectCredentials();
      return Handshake::Step::kRefuse;
    }
    handshake.Authenticated();
  }
}

}  // namespace

bool IsEvenPassword(const Credentials& credentials) { return credentials.password.back() % 2 == 0; }

PlayedHandshake PlayHandshake(const Handshake::Options& options, std::string_view bytes,
                              const std::vector<size_t>& cuts) {
  Handshake handshake(options);
  PlayedHandshake played;
  Handshake::Step step = Handshake::Step::kMore;
  size_t from = 0;
  for (size_t cut = 0; cut <= cuts.size() && step == Handshake::Step::kMore; ++cut) {
    const size_t to = cut < cuts.size() ? std::min(cuts[cut], bytes.size()) : bytes.size();
    // An allocation of its own, so that a sanitizer sees every byte read beyond the piece.
    const std::vector<uint8_t> piece(bytes.begin() + from, bytes.begin() + to);
    step = FeedPiece(handshake, piece, &played);
    played.output.append(handshake.output().begin(), handshake.output().end());
    handshake.TakeOutput();
    from = to;
  }
  played.end = step == Handshake::Step::kMore     ? PlayedHandshake::End::kWaiting
               : step == Handshake::Step::kDecide ? PlayedHandshake::End::kDecide
                                                  : PlayedHandshake::End::kClosed;
  played.version = handshake.version();
  played.command = handshake.request().command;
  played.name = handshake.request().name;
  played.target = {handshake.request().address, handshake.request().port};
  played.user_id = handshake.user_id();
  played.method = handshake.method();
  played.rep = handshake.rep();
  played.why = handshake.why();
  return played;
}

std::vector<size_t> CutEverywhere(size_t size) {
  std::vector<size_t> cuts;
  for (size_t cut = 1; cut < size; ++cut) cuts.push_back(cut);
  return cuts;
}

std::ostream& operator<<(std::ostream& out, const PlayedHandshake& played) {
  constexpr const char* kEnds[] = {"waiting", "decide", "closed"};
  return out << kEnds[static_cast<int>(played.end)] << " after " << played.consumed
             << " bytes, said " << absl::BytesToHexString(played.output) << ", version "
             << static_cast<int>(played.version) << ", command " << static_cast<int>(played.command)
             << ", name '" << absl::CEscape(played.name) << "', target " << played.target.ToString()
             << ", user id '" << absl::CEscape(played.user_id) << "', rep "
             << static_cast<int>(played.rep) << ", why '" << played.why << "'";
}

}  // namespace sluice
