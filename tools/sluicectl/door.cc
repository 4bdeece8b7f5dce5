#include "tools/sluicectl/door.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {

std::string PathSegment(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '_' || c == '.') {
      escaped += c;
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", byte);
    }
  }
  return escaped;
}

Question Post(std::string path, const Json& body) {
  // Text of the command line need not be UTF-8, and JSON has no other: what is not becomes U+FFFD.
  return {.method = "POST",
          .path = "/api/v1/" + std::move(path),
          .type = "application/json",
          .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Question Post(std::string path) {
  return {.method = "POST", .path = "/api/v1/" + std::move(path), .type = {}, .body = {}};
}

std::string ProblemLine(const Json& problem, std::string_view file) {
  std::string place = TextOf(problem, "file");
  if (place.empty()) place = std::string(file);
  for (const char* name : {"line", "column"}) {
    if (const uint64_t number = NumberOf(problem, name); number > 0) {
      absl::StrAppend(&place, ":", number);
    }
  }
  std::string said = TextOf(problem, "message");
  if (const std::string expected = TextOf(problem, "expected"); said.empty() && !expected.empty()) {
    said = absl::StrCat("expected ", expected);
    const std::string found = TextOf(problem, "found");
    if (!found.empty()) absl::StrAppend(&said, ", found ", found);
  }
  if (said.empty()) said = TextOf(problem, "detail");
  if (const std::string hint = TextOf(problem, "hint"); !hint.empty()) {
    absl::StrAppend(&said, "; ", hint);
  }
  return SafeText(place.empty() ? said : absl::StrCat(place, ": ", said));
}

absl::Status StatusOf(const Question& question, const Answer& answer) {
  if (answer.status >= 200 && answer.status < 300) return absl::OkStatus();
  const Json problem = Json::parse(answer.body, nullptr, false);
  std::string said = TextOf(problem, "detail");
  if (said.empty()) said = TextOf(problem, "title");
  if (said.empty()) {
    said = absl::StrCat("expected an answer of sluiced, found HTTP status ", answer.status,
                        "; look who listens there");
  }
  said = SafeLines(said);
  if (const std::string hint = TextOf(problem, "hint"); !hint.empty()) {
    absl::StrAppend(&said, "; ", SafeLines(hint));
  }
  if (!TextOf(problem, "file").empty()) {
    absl::StrAppend(&said, "\n", ProblemLine(problem, ""));
  }
  for (const Json& one : ListOf(problem, "problems")) {
    absl::StrAppend(&said, "\n", ProblemLine(one, ""));
  }
  return question.may_be_gone && answer.status == 404 ? absl::NotFoundError(said)
                                                      : absl::FailedPreconditionError(said);
}

absl::StatusOr<std::string> AskText(Door& door, const Question& question) {
  absl::StatusOr<Answer> answer = door.Ask(question);
  if (!answer.ok()) return answer.status();
  if (absl::Status refused = StatusOf(question, *answer); !refused.ok()) return refused;
  return std::move(answer->body);
}

absl::StatusOr<Json> AskJson(Door& door, const Question& question) {
  const absl::StatusOr<std::string> text = AskText(door, question);
  if (!text.ok()) return text.status();
  Json json = Json::parse(*text, nullptr, false);
  if (json.is_object()) return json;
  return absl::FailedPreconditionError(
      absl::StrCat("expected a JSON object from ", question.path, ", found ",
                   SafeText(std::string_view(*text).substr(0, 60)),
                   "; is it sluiced, of this release, that listens there?"));
}

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk: return kDone;
    case absl::StatusCode::kInvalidArgument: return kWrongUse;
    case absl::StatusCode::kUnavailable: return kUnreachable;
    case absl::StatusCode::kNotFound: return kNothingMatched;
    default: return kRefused;
  }
}

}  // namespace sluice
