#include "tools/sluiced/command_line.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/regular_file.h"
#include "gflags/gflags.h"
#include "policy/config_errors.h"

namespace sluice {
namespace {

using Flag = gflags::CommandLineFlagInfo;

constexpr size_t kHelpColumns = 100;

std::vector<Flag> FlagsOf(const std::string& file) {
  std::vector<Flag> flags;
  gflags::GetAllFlags(&flags);
  std::erase_if(flags, [&](const Flag& flag) { return !flag.filename.ends_with(file); });
  return flags;
}

// The flag that `word` (without dashes and value) sets: itself, or by its "no" before it.
bool Find(const std::string& word, Flag* flag) {
  if (gflags::GetCommandLineFlagInfo(word.c_str(), flag)) return true;
  return word.starts_with("no") && gflags::GetCommandLineFlagInfo(word.c_str() + 2, flag) &&
         flag->type == "bool";
}

std::string FaultOfUnknown(const std::string& written, const std::string& file) {
  std::vector<std::string> dashed{"--help", "--version"};
  for (const Flag& flag : FlagsOf(file)) dashed.push_back("--" + flag.name);
  const std::vector<std::string_view> words(dashed.begin(), dashed.end());
  const std::string_view nearest = NearestWord(written, words);
  return absl::StrCat("expected a flag, found ", Quote(written), "; ",
                      nearest.empty() ? "sluiced --help has the list"
                                      : absl::StrCat("did you mean ", std::string(nearest), "?"));
}

// The library reads these files itself, and waits for what is none.
std::string FaultOfFlagFiles(const std::string& paths) {
  for (const auto path : absl::StrSplit(paths, ',')) {
    const absl::Status status = CheckRegularFile(std::string(path));
    if (!status.ok()) return absl::StrCat("--flagfile=", std::string(status.message()));
  }
  return "";
}

// Words put into lines behind `indent`.
std::string Wrapped(const std::string& text, const std::string& indent) {
  std::string wrapped;
  size_t column = kHelpColumns;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (column + 1 + word.size() > kHelpColumns) {
      absl::StrAppend(&wrapped, wrapped.empty() ? "" : "\n", indent);
      column = indent.size();
    } else {
      wrapped += ' ';
      ++column;
    }
    absl::StrAppend(&wrapped, word);
    column += word.size();
  }
  return wrapped;
}

const FlagRange* RangeOf(const std::string& name, const std::vector<FlagRange>& ranges) {
  const auto found = std::find_if(ranges.begin(), ranges.end(),
                                  [&](const FlagRange& range) { return name == range.name; });
  return found == ranges.end() ? nullptr : &*found;
}

}  // namespace

std::string FaultOfArguments(const std::vector<std::string>& arguments, const std::string& file) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& written = arguments[i];
    if (written == "--") return "";
    if (!written.starts_with("-") || written == "-")
      return absl::StrCat("expected flags only, found ", Quote(written), "; see sluiced --help");
    const size_t dashes = written.starts_with("--") ? 2 : 1;
    const size_t equals = written.find('=');
    const std::string word =
        written.substr(dashes, equals == written.npos ? equals : equals - std::min(equals, dashes));
    Flag flag;
    if (!Find(word, &flag)) return FaultOfUnknown(written.substr(0, equals), file);
    std::string value = equals == written.npos ? "" : written.substr(equals + 1);
    if (equals == written.npos && flag.type != "bool") {
      if (++i == arguments.size())
        return absl::StrCat("expected a value, found none after ", written, "; write --", flag.name,
                            "=VALUE");
      value = arguments[i];
    }
    if (flag.name != "flagfile") continue;
    if (std::string fault = FaultOfFlagFiles(value); !fault.empty()) return fault;
  }
  return "";
}

std::string FaultOfFlags(const std::vector<FlagRange>& ranges) {
  for (const FlagRange& range : ranges) {
    Flag flag;
    int64_t value = 0;
    gflags::GetCommandLineFlagInfo(range.name, &flag);
    const std::string& text = flag.current_value;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (value >= range.least && value <= range.most) continue;
    return absl::StrCat("--", range.name, ": expected ", range.least, " to ", range.most,
                        *range.unit == '\0' ? "" : " ", range.unit, ", found ", text);
  }
  // The library's own files would be written by whoever logs, and could stop them.
  for (const char* name : {"logtostderr", "logtostdout", "alsologtostderr", "log_dir"}) {
    Flag flag;
    if (gflags::GetCommandLineFlagInfo(name, &flag) && !flag.is_default) {
      return absl::StrCat("--", name,
                          ": the log goes to standard error and nowhere else; take it from there "
                          "(2>FILE, or systemd's journal)");
    }
  }
  return "";
}

std::string HelpText(const std::vector<FlagRange>& ranges, const std::string& file) {
  std::string text =
      "sluiced, a SOCKS gateway for Linux. Without flags it serves SOCKS5 on port 1080 of "
      "loopback.\n\n";
  for (const Flag& flag : FlagsOf(file)) {
    const bool is_text = flag.type == "string";
    absl::StrAppend(&text, "  --", flag.name);
    if (is_text && flag.default_value.empty()) {
      absl::StrAppend(&text, "=TEXT");
    } else {
      absl::StrAppend(&text, "=", flag.default_value);
    }
    if (const FlagRange* range = RangeOf(flag.name, ranges); range != nullptr)
      absl::StrAppend(&text, "  (", range->least, " to ", range->most, ")");
    absl::StrAppend(&text, "\n", Wrapped(flag.description, "      "), "\n");
  }
  absl::StrAppend(&text,
                  "\n  --help, -h; --version; --helpfull, with the flags of libraries; "
                  "--flagfile=FILE, flags one a line\n"
                  "\nSIGHUP reads the configuration again, SIGTERM and Ctrl-C drain and stop.\n");
  return text;
}

}  // namespace sluice
