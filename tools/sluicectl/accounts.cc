// admin and token: who may come in by a password, and which programs by a token.

#include <termios.h>
#include <unistd.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

absl::Status WrongWords(const char* verb, const char* expected) {
  return absl::InvalidArgumentError(absl::StrCat(verb, ": expected ", expected,
                                                 ", found other words; see sluicectl help ", verb));
}

constexpr char kControlC = 0x03;

// A terminal that does not show what is typed, for as long as this lives. It raises no signals
// meanwhile: a program that is interrupted would leave it so.
class Quiet {
 public:
  explicit Quiet(bool terminal) : terminal_(terminal && tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    if (terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    if (terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  const bool terminal_;
};

// One line of standard input. Never an argument, which every user of the host could read.
absl::StatusOr<std::string> ReadPassword(Errand& errand, const std::string& name) {
  const bool asks = errand.desk.asks();
  if (asks) errand.desk.err << "password for " << SafeText(name) << ": " << std::flush;
  std::string password;
  {
    const Quiet quiet(asks);
    std::getline(errand.desk.in, password);
  }
  if (asks) errand.desk.err << "\n";
  if (!password.empty() && password.find(kControlC) == password.npos) return password;
  return absl::InvalidArgumentError(
      "admin: expected a password on standard input, on one line, found none");
}

absl::Status Show(Errand& errand, const Question& question, const std::string& said) {
  const absl::StatusOr<Json> answer = AskJson(errand.door, question);
  if (!answer.ok()) return answer.status();
  errand.ShowScreen(said, *answer, {"name", "role"}, Json::array({*answer}));
  return absl::OkStatus();
}

absl::Status ListAdministrators(Errand& errand) {
  const absl::StatusOr<Json> answer = AskJson(errand.door, Get("admins"));
  if (!answer.ok()) return answer.status();
  Table table({{"NAME"}, {"ROLE"}, {"CREATED"}, {"CHANGED"}});
  const Json& list = ListOf(*answer, "admins");
  for (const Json& one : list)
    table.Add(
        {TextOf(one, "name"), TextOf(one, "role"), TextOf(one, "created"), TextOf(one, "changed")});
  errand.Show(table, *answer, {"name", "role", "created", "changed"}, list);
  return absl::OkStatus();
}

absl::Status ListTokens(Errand& errand) {
  const absl::StatusOr<Json> answer = AskJson(errand.door, Get("tokens"));
  if (!answer.ok()) return answer.status();
  Table table({{"ID"}, {"NAME"}, {"ROLE"}, {"BY"}, {"EXPIRES"}, {"LAST USED"}});
  const Json& list = ListOf(*answer, "tokens");
  for (const Json& one : list)
    table.Add({TextOf(one, "id"), TextOf(one, "name"), TextOf(one, "role"), TextOf(one, "by"),
               TextOf(one, "expires"), TextOf(one, "last_used")});
  errand.Show(table, *answer, {"id", "name", "role", "by", "created", "expires", "last_used"},
              list);
  return absl::OkStatus();
}

std::string RoleOption(const Errand& errand) {
  return errand.arguments.Has("role") ? errand.arguments.Get("role") : "viewer";
}

absl::Status AddToken(Errand& errand, const std::string& name) {
  int days = 90;
  if (errand.arguments.Has("days") &&
      (!absl::SimpleAtoi(errand.arguments.Get("days"), &days) || days < 1 || days > 366)) {
    return absl::InvalidArgumentError(absl::StrCat("--days: expected 1 to 366, found \"",
                                                   SafeText(errand.arguments.Get("days")), "\""));
  }
  const std::string expires = absl::FormatTime(
      "%Y-%m-%dT%H:%M:%SZ", absl::Now() + absl::Hours(24 * days), absl::UTCTimeZone());
  const absl::StatusOr<Json> made =
      AskJson(errand.door,
              Post("tokens", {{"name", name}, {"role", RoleOption(errand)}, {"expires", expires}}));
  if (!made.ok()) return made.status();
  // Alone on its line, so that a script can take it.
  errand.ShowScreen(absl::StrCat(SafeText(TextOf(*made, "token")), "\n"), *made,
                    {"id", "name", "role", "expires", "token"}, Json::array({*made}));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunAdmin(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  const std::string what = words.empty() ? "list" : words[0];
  if (what == "list" && words.size() <= 1) return ListAdministrators(errand);
  if (words.size() != 2) return WrongWords("admin", "list, or add, set or delete and a name");
  const std::string& name = words[1];
  const std::string path = absl::StrCat("admins/", PathSegment(name));
  if (what == "delete") {
    Question question = Get(path);
    question.method = "DELETE";
    return Show(errand, question, absl::StrCat("deleted ", SafeText(name), "\n"));
  }
  if (what != "add" && what != "set")
    return WrongWords("admin", "list, or add, set or delete and a name");
  Json body = {{"name", name}, {"role", RoleOption(errand)}};
  if (what == "add" || errand.arguments.Has("password")) {
    const absl::StatusOr<std::string> password = ReadPassword(errand, name);
    if (!password.ok()) return password.status();
    body["password"] = *password;
  } else if (!errand.arguments.Has("role")) {
    return absl::InvalidArgumentError("admin set: expected --role=ROLE, found none; say which");
  }
  Question question = Post(what == "add" ? "admins" : path, body);
  if (what == "set") question.method = "PUT";
  return Show(errand, question,
              absl::StrCat(SafeText(name), " is ", SafeText(RoleOption(errand)), "\n"));
}

absl::Status RunToken(Errand& errand) {
  const std::vector<std::string>& words = errand.arguments.words;
  const std::string what = words.empty() ? "list" : words[0];
  if (what == "list" && words.size() <= 1) return ListTokens(errand);
  if (words.size() == 2 && what == "add") return AddToken(errand, words[1]);
  if (words.size() == 2 && what == "delete") {
    Question question = Get(absl::StrCat("tokens/", PathSegment(words[1])));
    question.method = "DELETE";
    return Show(errand, question, absl::StrCat("deleted ", SafeText(words[1]), "\n"));
  }
  return WrongWords("token", "list, add and a name, or delete and an id");
}

}  // namespace sluice
