// From text to Transcript: a line is `key: value`, and each key has its function below, in the
// order in which they stand in a file.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "tests/transcripts/transcript.h"

namespace sluice {
namespace {

using Kind = TranscriptStep::Kind;

absl::Status Error(const std::string& what) { return absl::InvalidArgumentError(what); }

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// Up to a `#` that is not in quotes.
std::string_view WithoutComment(std::string_view line) {
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == '#' && !quoted) {
      return line.substr(0, i);
    }
  }
  return line;
}

// Takes the first word of `text`.
std::string_view TakeWord(std::string_view* text) {
  const std::string_view word = text->substr(0, text->find(' '));
  *text = Trim(text->substr(word.size()));
  return word;
}

enum class Takes : uint8_t { kNothing, kBytes, kNumber };

struct KnownBehaviour {
  std::string_view word;
  TargetBehaviour behaviour;
  Takes takes;
};

constexpr KnownBehaviour kBehaviours[] = {
    {"echoes", TargetBehaviour::kEchoes, Takes::kNothing},
    {"sinks", TargetBehaviour::kSinks, Takes::kNothing},
    {"greets", TargetBehaviour::kGreets, Takes::kBytes},
    {"greets-and-closes", TargetBehaviour::kGreetsAndCloses, Takes::kBytes},
    {"answers-fin", TargetBehaviour::kAnswersFin, Takes::kBytes},
    {"resets-after", TargetBehaviour::kResetsAfter, Takes::kNumber},
    {"refuses", TargetBehaviour::kRefuses, Takes::kNothing},
    {"network-unreachable", TargetBehaviour::kNetworkUnreachable, Takes::kNothing},
    {"host-unreachable", TargetBehaviour::kHostUnreachable, Takes::kNothing},
    {"echoes-and-intrudes", TargetBehaviour::kEchoesAndIntrudes, Takes::kNothing},
    {"never-answers", TargetBehaviour::kNeverAnswers, Takes::kNothing},
    {"answers-ident", TargetBehaviour::kAnswersIdent, Takes::kBytes},
};

struct KnownMethod {
  std::string_view word;
  uint8_t method;
};

constexpr KnownMethod kMethods[] = {
    {"none", kMethodNone},
    {"gssapi", kMethodGssapi},
    {"password", kMethodPassword},
};

class TranscriptParser {
 public:
  absl::Status OnLine(std::string_view line, int number);
  absl::StatusOr<Transcript> Finish();
  Transcript& transcript() { return transcript_; }

 private:
  absl::Status OnKey(std::string_view key, std::string_view value);
  absl::Status OnTitle(std::string_view value);
  absl::Status OnCovers(std::string_view value);
  absl::Status OnMethods(std::string_view value);
  absl::Status OnUser(std::string_view value);
  absl::Status OnTarget(std::string_view value);
  absl::Status OnName(std::string_view value);
  absl::Status OnClient(std::string_view value);
  absl::Status OnServer(std::string_view value);
  absl::Status OnDatagram(std::string_view value);
  absl::Status OnPeer(std::string_view value);
  absl::Status OnAftermath(std::string_view value, bool untouched);
  absl::Status OnDatagrams(std::string_view value);
  absl::Status AddStep(Kind kind);
  absl::Status AddBytes(Kind kind, std::string_view value);
  absl::StatusOr<TranscriptBytes> ParseBytes(std::string_view text, bool wildcards = false) const;
  absl::Status OnlyWord(std::string_view value, std::string_view expected) const;

  Transcript transcript_;
  std::vector<std::string> target_names_ = {kClientOnStage, kServiceOnStage};
  bool needs_gateway_ = false;
  bool in_policy_ = false;
  bool over_ = false;         // the step that ends it was read
  bool server_done_ = false;  // the server has ended its side
  bool client_done_ = false;  // the client has sent its FIN
  int line_ = 0;
};

absl::Status TranscriptParser::OnLine(std::string_view line, int number) {
  line_ = number;
  if (line.starts_with('|')) {
    if (!in_policy_) return Error("a line of policy stands under `policy:`");
    line.remove_prefix(line.starts_with("| ") ? 2 : 1);
    transcript_.policy.append(line).append("\n");
    return absl::OkStatus();
  }
  line = Trim(WithoutComment(line));
  if (line.empty()) return absl::OkStatus();
  in_policy_ = false;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Error("expected `key: value`");
  return OnKey(line.substr(0, colon), Trim(line.substr(colon + 1)));
}

absl::Status TranscriptParser::OnKey(std::string_view key, std::string_view value) {
  if (key == "title") return OnTitle(value);
  if (key == "covers") return OnCovers(value);
  if (key == "methods") return OnMethods(value);
  if (key == "user") return OnUser(value);
  if (key == "target") return OnTarget(value);
  if (key == "name") return OnName(value);
  if (key == "client") return OnClient(value);
  if (key == "server") return OnServer(value);
  if (key == "datagram") return OnDatagram(value);
  if (key == "datagrams") return OnDatagrams(value);
  if (key == "peer") return OnPeer(value);
  if (key == "received" || key == "untouched") return OnAftermath(value, key == "untouched");
  if (key == "row") {
    transcript_.rows.emplace_back(value);
    return absl::OkStatus();
  }
  if (key == "players") {
    transcript_.on_handshake = false;
    if (value == "simulation") {
      transcript_.on_daemon = false;
      return absl::OkStatus();
    }
    return OnlyWord(value, "gateway");
  }
  if (key == "paced") {
    transcript_.paced = true;
    return OnlyWord(value, "on");
  }
  if (key == "socks4") {
    transcript_.socks4 = true;
    return OnlyWord(value, "on");
  }
  if (key == "policy") {
    in_policy_ = true;
    return OnlyWord(value, "");
  }
  if (key == "ends") {
    if (const absl::Status status = AddStep(Kind::kOpen); !status.ok()) return status;
    over_ = true;
    return OnlyWord(value, "open");
  }
  return Error("there is no key '" + std::string(key) + "'");
}

absl::Status TranscriptParser::OnlyWord(std::string_view value, std::string_view expected) const {
  if (value == expected) return absl::OkStatus();
  return Error("expected '" + std::string(expected) + "', found '" + std::string(value) + "'");
}

absl::Status TranscriptParser::OnTitle(std::string_view value) {
  if (!value.ends_with('.')) return Error("a title is a sentence");
  transcript_.title = value;
  return absl::OkStatus();
}

absl::Status TranscriptParser::OnCovers(std::string_view value) {
  while (!value.empty()) {
    std::string_view word = TakeWord(&value);
    if (word.ends_with(',')) word.remove_suffix(1);
    int number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) {
      return Error("expected numbers of requirements, found '" + std::string(word) + "'");
    }
    transcript_.covers.push_back(number);
  }
  return absl::OkStatus();
}

absl::Status TranscriptParser::OnMethods(std::string_view value) {
  transcript_.methods.clear();
  while (!value.empty()) {
    const std::string_view word = TakeWord(&value);
    const auto method = std::find_if(std::begin(kMethods), std::end(kMethods),
                                     [word](const auto& known) { return known.word == word; });
    if (method == std::end(kMethods)) {
      return Error("there is no method '" + std::string(word) + "'");
    }
    transcript_.methods.push_back(method->method);
  }
  if (transcript_.methods.empty()) return Error("expected methods, the preferred one first");
  return absl::OkStatus();
}

// Two pieces of bytes with `/` between: what stands on either side is of the bytes' own language.
absl::Status TranscriptParser::OnUser(std::string_view value) {
  const size_t slash = value.find(" / ");
  if (slash == std::string_view::npos) return Error("expected NAME / PASSWORD, both as bytes");
  const absl::StatusOr<TranscriptBytes> name =
      TranscriptBytes::Parse(Trim(value.substr(0, slash)), {}, /*wildcards=*/false);
  if (!name.ok()) return name.status();
  const absl::StatusOr<TranscriptBytes> password =
      TranscriptBytes::Parse(Trim(value.substr(slash + 3)), {}, /*wildcards=*/false);
  if (!password.ok()) return password.status();
  transcript_.users.push_back({name->Expand({}).bytes, password->Expand({}).bytes});
  return absl::OkStatus();
}

absl::Status TranscriptParser::OnTarget(std::string_view value) {
  TranscriptTarget target;
  target.name = TakeWord(&value);
  if (std::find(target_names_.begin(), target_names_.end(), target.name) != target_names_.end()) {
    return Error("a target has one line, and a name of its own");
  }
  const std::string_view word = TakeWord(&value);
  const auto behaviour = std::find_if(std::begin(kBehaviours), std::end(kBehaviours),
                                      [word](const auto& known) { return known.word == word; });
  if (behaviour == std::end(kBehaviours)) {
    return Error("no target behaves like '" + std::string(word) + "'");
  }
  target.behaviour = behaviour->behaviour;
  needs_gateway_ |= target.behaviour == TargetBehaviour::kAnswersIdent;
  if (behaviour->takes == Takes::kBytes) {
    absl::StatusOr<TranscriptBytes> says = ParseBytes(value);
    if (!says.ok()) return says.status();
    if (says->empty()) return Error("expected what it says");
    target.says = *std::move(says);
  } else if (behaviour->takes == Takes::kNumber) {
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), target.bytes);
    if (error != std::errc() || end != value.data() + value.size() || target.bytes == 0) {
      return Error("expected a number of bytes above 0");
    }
  } else if (!value.empty()) {
    return Error("did not expect '" + std::string(value) + "'");
  }
  target_names_.push_back(target.name);
  transcript_.targets.push_back(std::move(target));
  return absl::OkStatus();
}

absl::Status TranscriptParser::OnName(std::string_view value) {
  const std::string name(TakeWord(&value));
  std::vector<std::string> addresses;
  Stage stage;
  for (const std::string& target : target_names_) stage[target] = Placement();
  while (!value.empty()) {
    addresses.emplace_back(TakeWord(&value));
    const absl::StatusOr<std::string> filled = FillIn(addresses.back(), stage);
    if (!filled.ok()) return filled.status();
    if (!Address::Parse(*filled)) return Error("expected an address, found '" + *filled + "'");
  }
  if (addresses.empty()) return Error("a name has addresses");
  transcript_.names.push_back({name, std::move(addresses)});
  return absl::OkStatus();
}

absl::Status TranscriptParser::AddStep(Kind kind) {
  if (over_) return Error("the transcript is over already");
  // The socket of datagrams outlives the connection.
  const bool datagram = kind == Kind::kClientDatagram || kind == Kind::kOtherDatagram ||
                        kind == Kind::kClientDatagramAgain || kind == Kind::kServerDatagram;
  if (datagram) {
    if (transcript_.on_handshake) return Error("datagrams are for `players: gateway`");
    transcript_.steps.push_back({kind, {}, {}, line_});
    return absl::OkStatus();
  }
  const bool server = kind == Kind::kServerSends || kind == Kind::kServerFin ||
                      kind == Kind::kServerReset || kind == Kind::kOpen;
  if (server && server_done_) return Error("the server has ended its side already");
  const bool peer = kind == Kind::kPeerConnects || kind == Kind::kPeerRefused;
  if (!server && !peer && client_done_) return Error("the client has ended its side already");
  client_done_ = client_done_ || kind == Kind::kClientFin;
  transcript_.steps.push_back({kind, {}, {}, line_});
  return absl::OkStatus();
}

absl::Status TranscriptParser::OnClient(std::string_view value) {
  if (value == "fin") return AddStep(Kind::kClientFin);
  if (value != "reset") return AddBytes(Kind::kClientSends, value);
  const absl::Status status = AddStep(Kind::kClientReset);
  over_ = true;
  return status;
}

absl::Status TranscriptParser::OnServer(std::string_view value) {
  if (value != "fin" && value != "reset") return AddBytes(Kind::kServerSends, value);
  const bool fin = value == "fin";
  const absl::Status status = AddStep(fin ? Kind::kServerFin : Kind::kServerReset);
  server_done_ = true;
  over_ = !fin;  // after its FIN the client may go on
  return status;
}

absl::Status TranscriptParser::OnPeer(std::string_view value) {
  const std::string_view name = TakeWord(&value);
  if (transcript_.FindTarget(name) == nullptr) {
    return Error("there is no target '" + std::string(name) + "'");
  }
  if (value != "connects" && value != "is-refused") {
    return Error("expected `connects` or `is-refused`");
  }
  needs_gateway_ = true;
  const absl::Status status =
      AddStep(value == "connects" ? Kind::kPeerConnects : Kind::kPeerRefused);
  if (status.ok()) transcript_.steps.back().peer = name;
  return status;
}

absl::Status TranscriptParser::AddBytes(Kind kind, std::string_view value) {
  if (const absl::Status status = AddStep(kind); !status.ok()) return status;
  absl::StatusOr<TranscriptBytes> bytes =
      ParseBytes(value, kind == Kind::kServerSends || kind == Kind::kServerDatagram);
  if (!bytes.ok()) return bytes.status();
  if (bytes->empty()) return Error("expected bytes, `fin` or `reset`");
  transcript_.steps.back().bytes = *std::move(bytes);
  return absl::OkStatus();
}

absl::Status TranscriptParser::OnDatagram(std::string_view value) {
  const std::string_view who = TakeWord(&value);
  if (who == "client") return AddBytes(Kind::kClientDatagram, value);
  if (who == "other") return AddBytes(Kind::kOtherDatagram, value);
  if (who == "again") return AddBytes(Kind::kClientDatagramAgain, value);
  if (who == "server") return AddBytes(Kind::kServerDatagram, value);
  return Error("datagrams are of `client`, `other`, `again` or `server`, not of '" +
               std::string(who) + "'");
}

absl::Status TranscriptParser::OnDatagrams(std::string_view value) {
  TranscriptAftermath& aftermath = transcript_.aftermath.emplace_back();
  aftermath.of_datagrams = true;
  aftermath.line = line_;
  aftermath.target = TakeWord(&value);
  if (transcript_.FindTarget(aftermath.target) == nullptr) {
    return Error("there is no target '" + aftermath.target + "'");
  }
  while (!value.empty()) {
    const size_t end = std::min(value.find(" / "), value.size());
    absl::StatusOr<TranscriptBytes> bytes = ParseBytes(value.substr(0, end));
    if (!bytes.ok()) return bytes.status();
    aftermath.datagrams.push_back(*std::move(bytes));
    value = Trim(value.substr(std::min(end + 3, value.size())));
  }
  return absl::OkStatus();
}

absl::Status TranscriptParser::OnAftermath(std::string_view value, bool untouched) {
  TranscriptAftermath& aftermath = transcript_.aftermath.emplace_back();
  aftermath.untouched = untouched;
  aftermath.line = line_;
  aftermath.target = TakeWord(&value);
  if (transcript_.FindTarget(aftermath.target) == nullptr) {
    return Error("there is no target '" + aftermath.target + "'");
  }
  if (aftermath.untouched) return OnlyWord(value, "");
  for (const std::string_view end : {"fin", "reset"}) {
    if (value != end && !value.ends_with(" " + std::string(end))) continue;
    value.remove_suffix(end.size());
    aftermath.end =
        end == "fin" ? TranscriptAftermath::End::kFin : TranscriptAftermath::End::kReset;
    break;
  }
  absl::StatusOr<TranscriptBytes> bytes = ParseBytes(value);
  if (!bytes.ok()) return bytes.status();
  aftermath.received = *std::move(bytes);
  return absl::OkStatus();
}

absl::StatusOr<TranscriptBytes> TranscriptParser::ParseBytes(std::string_view text,
                                                             bool wildcards) const {
  return TranscriptBytes::Parse(text, target_names_, wildcards);
}

absl::StatusOr<Transcript> TranscriptParser::Finish() {
  if (transcript_.title.empty()) return Error("a transcript has a title");
  if (transcript_.covers.empty() && transcript_.rows.empty()) {
    return Error("a transcript covers a requirement or a row");
  }
  if (needs_gateway_ && transcript_.on_handshake) {
    return Error("peers and ident servers need `players: gateway`");
  }
  if (!over_ && !server_done_) {
    return Error(
        "expected how it ends: `server: fin`, `server: reset`, `client: reset`, `ends: open`");
  }
  Stage stage;
  for (const std::string& target : target_names_) stage[target] = Placement();
  const absl::StatusOr<std::string> policy = FillIn(transcript_.policy, stage);
  if (!policy.ok()) return policy.status();
  return std::move(transcript_);
}

}  // namespace

std::string_view NameOfMethod(uint8_t method) {
  for (const KnownMethod& known : kMethods) {
    if (known.method == method) return known.word;
  }
  return {};
}

absl::StatusOr<Transcript> ParseTranscript(std::string_view file, std::string_view text) {
  TranscriptParser parser;
  parser.transcript().file = file;
  int line = 0;
  const auto at_line = [&](const absl::Status& status) {
    return Error(std::string(file) + ":" + std::to_string(line) + ": " +
                 std::string(status.message()));
  };
  while (!text.empty()) {
    ++line;
    const size_t end = std::min(text.find('\n'), text.size());
    const absl::Status status = parser.OnLine(text.substr(0, end), line);
    if (!status.ok()) return at_line(status);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  absl::StatusOr<Transcript> transcript = parser.Finish();
  if (!transcript.ok()) return at_line(transcript.status());
  return transcript;
}

absl::StatusOr<std::vector<Transcript>> ReadTranscripts(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".transcript") paths.push_back(entry.path());
  }
  if (paths.empty()) return absl::NotFoundError("no transcript in " + folder);
  std::sort(paths.begin(), paths.end());
  std::vector<Transcript> transcripts;
  for (const std::filesystem::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    absl::StatusOr<Transcript> transcript = ParseTranscript(path.stem().string(), text);
    if (!transcript.ok()) return transcript.status();
    transcripts.push_back(*std::move(transcript));
  }
  return transcripts;
}

}  // namespace sluice
