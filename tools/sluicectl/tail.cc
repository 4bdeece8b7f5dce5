// tail: sessions as they end. The door sends them as events, of which each has a line that says
// what it is and one with what the access log says.

#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

absl::StatusOr<uint64_t> CountOf(const Arguments& arguments) {
  if (!arguments.Has("count")) return UINT64_MAX;
  uint64_t count = 0;
  const std::string said = arguments.Get("count");
  if (!absl::SimpleAtoi(said, &count) || count == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--count: expected a number from 1 on, found \"", SafeText(said), "\""));
  }
  return count;
}

// "09:41:07 1-2f3 alice 10.1.7.20:50112 -> pay.example.com:443 no_payments policy/handshake …"
std::string LineOf(const Json& session) {
  const auto word = [&](const char* name) {
    const std::string text = SafeText(TextOf(session, name));
    return text.empty() ? std::string("-") : text;
  };
  const std::string destination = SafeText(DestinationOf(session));
  return absl::StrCat(word("time"), " ", word("session"), " ", word("user"), " ", word("client"),
                      " -> ", destination.empty() ? "-" : destination, " ", word("rule"), " ",
                      word("ended_by"), "/", word("state"), " ",
                      HumanBytes(NumberOf(session, "bytes_up")), " up, ",
                      HumanBytes(NumberOf(session, "bytes_down")), " down, ",
                      HumanTime(NumberOf(session, "duration_ms")), "\n");
}

// Reads the stream of events line by line.
class Tail {
 public:
  Tail(Errand& errand, uint64_t count) : errand_(errand), left_(count) {}

  bool Take(std::string_view line) {
    constexpr std::string_view kEvent = "event: ", kValue = "data: ";
    if (line.starts_with(kEvent)) event_ = line.substr(kEvent.size());
    if (!line.starts_with(kValue)) return true;
    const std::string text(line.substr(kValue.size()));
    const Json json = Json::parse(text, nullptr, false);
    if (event_ == "dropped") {
      errand_.desk.err << "sluicectl: " << Counted(NumberOf(json, "n"), "line", "lines")
                       << " lost, because they came faster than they were read" << std::endl;
      return true;
    }
    if (errand_.arguments.format == Format::kJson) {
      errand_.desk.out << text << "\n" << std::flush;
    } else {
      errand_.desk.out << LineOf(json) << std::flush;
    }
    return --left_ > 0 && errand_.desk.out.good();
  }
  bool done() const { return left_ == 0; }

 private:
  Errand& errand_;
  uint64_t left_;
  std::string event_;
};

}  // namespace

absl::Status RunTail(Errand& errand) {
  if (errand.arguments.format == Format::kCsv) {
    return absl::InvalidArgumentError(
        "tail: expected -o table or json, found csv; a line of JSON is whole by itself");
  }
  const absl::StatusOr<uint64_t> count = CountOf(errand.arguments);
  if (!count.ok()) return count.status();
  Tail tail(errand, *count);
  Question question = Get("events");
  question.keys = {{"topics", "log"}};
  if (const std::string filter = FilterOf(errand.arguments.words); !filter.empty())
    question.keys.emplace_back("filter", filter);
  question.on_line = [&tail](std::string_view line) { return tail.Take(line); };
  const absl::StatusOr<Answer> answer = errand.door.Ask(question);
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) return StatusOf(question, *answer);
  if (tail.done()) return absl::OkStatus();
  return absl::UnavailableError(
      "expected events until Ctrl-C, found that the daemon has closed; does it still run?");
}

}  // namespace sluice
