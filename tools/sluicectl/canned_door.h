#ifndef SLUICE_TOOLS_SLUICECTL_CANNED_DOOR_H_
#define SLUICE_TOOLS_SLUICECTL_CANNED_DOOR_H_

// A door for tests, whose answers are written down beforehand, and a desk on which what is said is
// kept.

#include <deque>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/sluicectl/arguments.h"
#include "tools/sluicectl/door.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

// "GET /api/v1/sessions?limit=2", with the query as it is before it is escaped.
inline std::string Written(const Question& question) {
  std::string text = absl::StrCat(question.method, " ", question.path);
  for (size_t i = 0; i < question.keys.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "?" : "&", question.keys[i].first, "=",
                    question.keys[i].second);
  }
  return text;
}

class CannedDoor final : public Door {
 public:
  // What is answered to the next of these questions; the last answer stays.
  void Put(const std::string& question, std::string body, int status = 200) {
    answers_[question].push_back({status, std::move(body)});
  }

  absl::StatusOr<Answer> Ask(const Question& question) override {
    asked.push_back(Written(question));
    bodies.push_back(question.body);
    const auto found = answers_.find(asked.back());
    if (found == answers_.end()) {
      return absl::UnavailableError(absl::StrCat("no answer is written down for ", asked.back()));
    }
    Answer answer = found->second.front();
    if (question.on_line != nullptr && answer.status == 200) {
      for (const absl::string_view line : absl::StrSplit(answer.body, '\n'))
        if (!question.on_line(std::string(line))) break;
      answer.body.clear();
    }
    if (found->second.size() > 1) found->second.pop_front();
    return answer;
  }

  std::vector<std::string> asked;
  std::vector<std::string> bodies;

 private:
  std::map<std::string, std::deque<Answer>> answers_;
};

// Runs a command line at a desk.
struct DeskTrial {
  CannedDoor door;
  std::istringstream in;
  std::ostringstream out, err;
  bool asks = false;
  bool out_is_terminal = false;
  size_t columns = 0;

  absl::Status Run(const std::vector<std::string>& said) {
    out.str("");
    err.str("");
    const absl::StatusOr<Arguments> arguments = ParseArguments(AllVerbs(), said);
    if (!arguments.ok()) return arguments.status();
    Desk desk{in, out, err, asks, out_is_terminal, asks, columns};
    Errand errand{*arguments, door, desk};
    return arguments->verb->run(errand);
  }

  // "4: no session matches": what the program would end with, and say.
  std::string Fails(const std::vector<std::string>& said) {
    const absl::Status status = Run(said);
    return absl::StrCat(ExitCodeOf(status), ": ", status.message());
  }
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_CANNED_DOOR_H_
