#include "tests/transcripts/transcript.h"

#include "absl/strings/str_cat.h"

namespace sluice {

const TranscriptTarget* Transcript::FindTarget(std::string_view name) const {
  for (const TranscriptTarget& target : targets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

std::vector<std::pair<std::string, std::vector<Address>>> NamesOn(const Transcript& transcript,
                                                                  const Stage& stage) {
  std::vector<std::pair<std::string, std::vector<Address>>> names;
  for (const TranscriptTarget& target : transcript.targets) {
    names.push_back({target.name + ".test", {stage.find(target.name)->second.addr4}});
  }
  for (const auto& [name, texts] : transcript.names) {
    std::vector<Address> addresses;
    for (const std::string& text : texts) {
      addresses.push_back(Address::Parse(FillIn(text, stage).value()).value());
    }
    names.push_back({name, std::move(addresses)});
  }
  return names;
}

std::string ConfigOn(const Transcript& transcript, const Stage& stage,
                     const std::vector<Address>& listen, uint16_t port) {
  std::string text = "[socks]\nlisten = [";
  for (const Address& address : listen) {
    absl::StrAppend(&text, text.ends_with('[') ? "" : ", ", "\"", address.ToString(), "\"");
  }
  absl::StrAppend(&text, "]\nport = ", port, "\n",
                  transcript.socks4 ? "socks4 = true\n\n" : "socks4 = false\n\n");
  text += FillIn(transcript.policy, stage).value();
  // Targets may stand on loopback, which a rule must name.
  if (transcript.policy.find("[[rule]]") == std::string::npos) {
    text +=
        "[[rule]]\n"
        "name = \"everything\"\n"
        "destination = [\"any\", \"special-use\"]\n"
        "verdict = \"allow\"\n";
  }
  return text;
}

WirePattern ServerStreamOn(const Transcript& transcript, const Stage& stage) {
  WirePattern stream;
  for (const TranscriptStep& step : transcript.steps) {
    if (step.kind == TranscriptStep::Kind::kServerSends) stream.Append(step.bytes.Expand(stage));
  }
  return stream;
}

}  // namespace sluice
