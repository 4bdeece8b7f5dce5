#include "tests/transcripts/transcript.h"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice {

const TranscriptTarget* Transcript::FindTarget(std::string_view name) const {
  for (const TranscriptTarget& target : targets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

std::optional<Endpoint> ListeningAt(std::string_view reply) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(reply[i]); };
  const auto port = [&](size_t i) { return static_cast<uint16_t>(byte(i) << 8 | byte(i + 1)); };
  const auto v4 = [&](size_t i) {
    return Address::FromV4({byte(i), byte(i + 1), byte(i + 2), byte(i + 3)});
  };
  if (reply.size() == 8 && byte(0) == 0 && byte(1) == 0x5a) return Endpoint{v4(4), port(2)};
  if (reply.size() < 10 || byte(0) != 5 || byte(1) != 0) return std::nullopt;
  if (reply.size() == 10 && byte(3) == 1) return Endpoint{v4(4), port(8)};
  if (reply.size() != 22 || byte(3) != 4) return std::nullopt;
  std::array<uint8_t, 16> octets;
  for (size_t i = 0; i < octets.size(); ++i) octets[i] = byte(4 + i);
  return Endpoint{Address::FromV6(octets), port(20)};
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

namespace {

// A name or a hash as a string of TOML.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// SHA-512 at its cheapest: a player may hash hundreds of times.
std::string HashOf(const std::string& password) {
  const auto data = std::make_unique<crypt_data>();
  std::memset(data.get(), 0, sizeof(crypt_data));
  return crypt_r(password.c_str(), "$6$rounds=1000$transcripts", data.get());
}

}  // namespace

std::string AuthConfigOf(const Transcript& transcript) {
  std::string text;
  if (transcript.methods != std::vector<uint8_t>{kMethodNone}) {
    absl::StrAppend(&text, "[auth]\nmethods = [",
                    absl::StrJoin(transcript.methods, ", ",
                                  [](std::string* out, uint8_t method) {
                                    absl::StrAppend(out, "\"", std::string(NameOfMethod(method)),
                                                    "\"");
                                  }),
                    "]\n");
  }
  std::vector<TranscriptUser> users = transcript.users;
  // A password that nobody has is no configuration.
  const bool asked = std::find(transcript.methods.begin(), transcript.methods.end(),
                               kMethodPassword) != transcript.methods.end();
  if (asked && users.empty()) users.push_back({"somebody", "something"});
  for (const TranscriptUser& user : users) {
    absl::StrAppend(&text, "[[user]]\nname = ", Quoted(user.name),
                    "\npassword = ", Quoted(HashOf(user.password)), "\n");
  }
  return text;
}

std::string ConfigOn(const Transcript& transcript, const Stage& stage,
                     const std::vector<Address>& listen, uint16_t port) {
  std::string text = "[socks]\nlisten = [";
  for (const Address& address : listen) {
    absl::StrAppend(&text, text.ends_with('[') ? "" : ", ", "\"", address.ToString(), "\"");
  }
  absl::StrAppend(&text, "]\nport = ", port, "\n",
                  transcript.socks4 ? "socks4 = true\n\n" : "socks4 = false\n\n");
  text += AuthConfigOf(transcript);
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

Endpoint BoundIn(std::string_view heard) {
  constexpr size_t kV4 = 10;
  constexpr size_t kV6 = 22;
  const auto begins = [heard](size_t size, std::string_view head) {
    return heard.size() >= size && heard.substr(heard.size() - size, head.size()) == head;
  };
  const size_t size = begins(kV6, std::string_view("\5\0\0\4", 4))   ? 16
                      : begins(kV4, std::string_view("\5\0\0\1", 4)) ? 4
                                                                     : 0;
  if (size == 0) return {};
  const auto* bytes = reinterpret_cast<const uint8_t*>(heard.data()) + heard.size() - size - 2;
  Endpoint bound;
  if (size == 4) bound.address = Address::FromV4({bytes[0], bytes[1], bytes[2], bytes[3]});
  if (size == 16) {
    std::array<uint8_t, 16> octets;
    std::copy_n(bytes, octets.size(), octets.begin());
    bound.address = Address::FromV6(octets);
  }
  bound.port = ReadU16(absl::MakeConstSpan(bytes + size, 2));
  return bound;
}

}  // namespace sluice
