#include "proto/played_handshake.h"

#include <algorithm>

#include "absl/strings/escaping.h"

namespace sluice {

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
    size_t consumed = 0;
    step = handshake.Feed(piece, &consumed);
    played.consumed += consumed;
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
