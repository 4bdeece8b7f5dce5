#include "policy/auth_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/toml_fields.h"
#include "policy/value_readers.h"

namespace sluice {
namespace {

// Failures that are counted, at most: each source has a counter of this much.
constexpr int kFailuresMax = 1000;
constexpr size_t kServiceBytesMax = limits::kPamServiceBytesMax;
constexpr size_t kPathBytesMax = 4095;  // PATH_MAX without its zero

template <typename Word>
struct Spelling {
  std::string_view text;
  Word word;
};
constexpr std::array<Spelling<AuthMethod>, 3> kMethods = {{{"gssapi", AuthMethod::kGssapi},
                                                           {"password", AuthMethod::kPassword},
                                                           {"none", AuthMethod::kNone}}};
constexpr std::array<Spelling<GssapiProtection>, 3> kProtections = {
    {{"confidentiality", GssapiProtection::kConfidentiality},
     {"integrity", GssapiProtection::kIntegrity},
     {"selective", GssapiProtection::kSelective}}};

// A list of words, each at most once, in the order of the text.
template <typename Word>
void ReadWords(const TomlValue& value, const char* list, const char* item_name,
               const std::array<Spelling<Word>, 3>& spellings, ConfigErrors& errors,
               std::vector<Word>* out) {
  if (!IsFilledArray(value, list, errors)) return;
  out->clear();
  for (const TomlValue& item : value.items) {
    if (!IsText(item, item_name, errors)) continue;
    const auto found =
        std::find_if(spellings.begin(), spellings.end(),
                     [&](const Spelling<Word>& known) { return known.text == item.text; });
    if (found == spellings.end()) {
      std::vector<std::string_view> words;
      for (const Spelling<Word>& known : spellings) words.push_back(known.text);
      errors.Add(item.at, {item_name, item.Describe(), AdviseWord(item.text, words)});
    } else if (std::find(out->begin(), out->end(), found->word) != out->end()) {
      errors.Add(item.at, {absl::StrCat("each of ", list, " once"),
                           absl::StrCat("another ", item.Describe()), "keep one of them"});
    } else {
      out->push_back(found->word);
    }
  }
}

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// The name of a file in /etc/pam.d.
void ReadPamService(const TomlValue& value, ConfigErrors& errors, std::string* out) {
  if (!IsText(value, "the name of a PAM service", errors)) return;
  if (value.text.size() > kServiceBytesMax || value.text.starts_with('.') ||
      !std::all_of(value.text.begin(), value.text.end(), IsWordByte)) {
    return errors.Add(value.at,
                      {"the name of a PAM service", value.Describe(),
                       "write the name of a file in /etc/pam.d, for instance \"sluice\""});
  }
  *out = value.text;
}

// "rcmd", or "rcmd@gateway.example.org".
void ReadGssapiService(const TomlValue& value, ConfigErrors& errors, std::string* out) {
  if (!IsText(value, "a GSSAPI service", errors)) return;
  const std::string_view text = value.text;
  const size_t at = text.find('@');
  const std::string_view service = text.substr(0, at);
  const std::string_view host = at == text.npos ? "host" : text.substr(at + 1);
  const bool words = std::all_of(service.begin(), service.end(), IsWordByte) &&
                     std::all_of(host.begin(), host.end(), IsWordByte);
  if (service.empty() || host.empty() || text.size() > kServiceBytesMax || !words) {
    return errors.Add(
        value.at, {"a GSSAPI service, with or without \"@\" and the host's name", value.Describe(),
                   "write for instance \"rcmd\" or \"rcmd@gateway.example.org\""});
  }
  *out = value.text;
}

void ReadKeytab(const TomlValue& value, ConfigErrors& errors, std::string* out) {
  if (!IsText(value, "the path of a keytab", errors)) return;
  if (value.text.size() > kPathBytesMax || HasControl(value.text)) {
    return errors.Add(value.at, {"the path of a keytab", value.Describe(),
                                 "write for instance \"/etc/sluice/krb5.keytab\""});
  }
  *out = value.text;
}

void ReadUserPattern(const TomlValue& value, ConfigErrors& errors, PrincipalPattern* out) {
  Complaint complaint;
  if (!IsText(value, "a pattern such as \"*@EXAMPLE.ORG\"", errors)) return;
  if (!PrincipalPattern::Parse(value.text, out, &complaint)) errors.Add(value.at, complaint);
}

void ReadIdent(const TomlValue& value, ConfigErrors& errors, bool* required) {
  if (!IsText(value, "\"off\" or \"require\"", errors)) return;
  if (value.text != "off" && value.text != "require") {
    return errors.Add(value.at, {"\"off\" or \"require\"", value.Describe(),
                                 AdviseWord(value.text, {"off", "require"})});
  }
  *required = value.text == "require";
}

}  // namespace

void ReadAuth(const TomlValue& value, ConfigErrors& errors, AuthSettings* auth) {
  int64_t slow_after = auth->slow_after;
  int64_t refuse_after = auth->refuse_after;
  const auto reads_count = [&errors](int64_t* out) {
    return [&errors, out](const TomlValue& v) { ReadInteger(v, 0, kFailuresMax, errors, out); };
  };
  ReadTable(
      value, "[auth]",
      {
          {"methods",
           [&](const TomlValue& v) {
             ReadWords(v, "a list of methods", "a method", kMethods, errors, &auth->methods);
           }},
          {"pam_service",
           [&](const TomlValue& v) { ReadPamService(v, errors, &auth->pam_service); }},
          {"pam_timeout", [&](const TomlValue& v) { ReadDuration(v, errors, &auth->pam_timeout); }},
          {"cache",
           [&](const TomlValue& v) { ReadDurationOrZero(v, "no cache", errors, &auth->cache); }},
          {"slow_after", reads_count(&slow_after)},
          {"refuse_after", reads_count(&refuse_after)},
          {"refuse_for", [&](const TomlValue& v) { ReadDuration(v, errors, &auth->refuse_for); }},
          {"ident", [&](const TomlValue& v) { ReadIdent(v, errors, &auth->ident_required); }},
          {"gssapi_service",
           [&](const TomlValue& v) { ReadGssapiService(v, errors, &auth->gssapi_service); }},
          {"gssapi_keytab",
           [&](const TomlValue& v) { ReadKeytab(v, errors, &auth->gssapi_keytab); }},
          {"gssapi_users",
           [&](const TomlValue& v) { ReadUserPattern(v, errors, &auth->gssapi_users); }},
          {"gssapi_protection",
           [&](const TomlValue& v) {
             ReadWords(v, "a list of levels", "a level of protection", kProtections, errors,
                       &auth->gssapi_protection);
           }},
      },
      errors);
  auth->slow_after = static_cast<int>(slow_after);
  auth->refuse_after = static_cast<int>(refuse_after);
}

}  // namespace sluice
