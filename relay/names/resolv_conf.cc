#include "relay/names/resolv_conf.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "relay/names/file_words.h"

namespace sluice {
namespace {

constexpr uint16_t kPort = 53;
// The C library's bound, which lowers what is above it, as with the attempts.
constexpr int kTimeoutSecondsMax = 30;

// The file may say anything; the log gets a line of it.
std::string Quoted(std::string_view word) {
  return absl::StrCat("\"", absl::CHexEscape(std::string(word.substr(0, 100))), "\"");
}

// Of `word`, "NAME:NUMBER"; 0 where it is something else.
int NumberOf(std::string_view word, std::string_view name) {
  int number = 0;
  if (word.substr(0, name.size()) != name) return 0;
  word.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() ? std::max(number, 0) : 0;
}

void AddServer(std::string_view word, ResolvConf* conf) {
  const std::optional<Address> address = Address::Parse(word);
  if (!address.has_value()) {
    conf->remarks.push_back(
        absl::StrCat("expected nameserver and an address without a zone, found ", Quoted(word),
                     "; it is not asked"));
  } else if (conf->servers.size() == limits::kNameServersMax) {
    conf->remarks.push_back(absl::StrCat("expected at most ", limits::kNameServersMax,
                                         " name servers, found more; ", Quoted(word),
                                         " is not asked"));
  } else {
    conf->servers.push_back(Endpoint{*address, kPort});
  }
}

void ReadOption(std::string_view word, ResolvConf* conf) {
  if (word == "rotate") conf->rotate = true;
  if (const int seconds = NumberOf(word, "timeout:"); seconds > 0)
    conf->timeout = absl::Seconds(std::min(seconds, kTimeoutSecondsMax));
  if (const int attempts = NumberOf(word, "attempts:"); attempts > 0)
    conf->attempts = std::min(attempts, limits::kNameServerAttemptsMax);
}

}  // namespace

ResolvConf ResolvConf::Parse(std::string_view text) {
  ResolvConf conf;
  while (!text.empty()) {
    std::string_view line = TakeLine(&text, ";#");
    const std::string_view keyword = TakeWord(&line);
    if (keyword == "nameserver") {
      AddServer(TakeWord(&line), &conf);
    } else if (keyword == "options") {
      for (std::string_view word = TakeWord(&line); !word.empty(); word = TakeWord(&line))
        ReadOption(word, &conf);
    }
  }
  if (conf.servers.empty()) {
    conf.servers.push_back(Endpoint{Address::FromV4({127, 0, 0, 1}), kPort});
    conf.remarks.push_back("no name server is named; 127.0.0.1 is asked");
  }
  return conf;
}

}  // namespace sluice
