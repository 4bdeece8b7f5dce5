#include "policy/contradictions.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

const TomlField* Find(const TomlValue& table, std::string_view key) {
  const auto found = std::find_if(table.fields.begin(), table.fields.end(),
                                  [&](const TomlField& field) { return field.key == key; });
  return found == table.fields.end() ? nullptr : &*found;
}

class Check {
 public:
  Check(const TomlValue& root, const Config& config, ConfigErrors& errors)
      : root_(root), config_(config), auth_(config.auth), errors_(errors) {}

  void Run() {
    CheckPassword();
    CheckGssapi();
    CheckRules();
    if (OnlyTablesKnowUsers()) CheckNames();
  }

 private:
  void CheckPassword();
  void CheckGssapi();
  void CheckRules();
  void CheckRule(const Rule& rule, const TomlValue& text);
  bool OnlyTablesKnowUsers() const;
  void CheckNames();
  void CheckNamesIn(const TomlValue& list);
  // The value of a key of [auth], or of [auth] itself.
  TextPosition PlaceInAuth(std::string_view key) const;

  const TomlValue& root_;
  const Config& config_;
  const AuthSettings& auth_;
  ConfigErrors& errors_;
  absl::flat_hash_set<std::string_view> known_;
};

TextPosition Check::PlaceInAuth(std::string_view key) const {
  const TomlField* const auth = Find(root_, "auth");
  if (auth == nullptr) return {};
  const TomlField* const field = Find(auth->value, key);
  return field == nullptr ? auth->value.at : field->value.at;
}

void Check::CheckPassword() {
  const bool has_method = auth_.Has(AuthMethod::kPassword);
  if (has_method && config_.users.empty() && auth_.pam_service.empty()) {
    errors_.Add(PlaceInAuth("methods"),
                {"something that knows passwords", "neither a [[user]] nor a pam_service",
                 "write a table [[user]], or name a PAM service, or take \"password\" out"});
  }
  if (!has_method && !auth_.pam_service.empty()) {
    errors_.Add(PlaceInAuth("pam_service"),
                {"\"password\" among auth.methods", "a pam_service without it",
                 "add \"password\" to auth.methods, or empty pam_service"});
  }
  if (!has_method && !config_.users.empty()) {
    errors_.Add(Find(root_, "user")->value.items[0].at,
                {"\"password\" among auth.methods", "a [[user]] without it",
                 "add \"password\" to auth.methods, or nobody is asked for a password"});
  }
}

void Check::CheckGssapi() {
  if (auth_.Has(AuthMethod::kGssapi)) return;
  const AuthSettings initial;
  const std::pair<std::string_view, bool> keys[] = {
      {"gssapi_service", auth_.gssapi_service != initial.gssapi_service},
      {"gssapi_keytab", auth_.gssapi_keytab != initial.gssapi_keytab},
      {"gssapi_users", auth_.gssapi_users != initial.gssapi_users},
      {"gssapi_protection", auth_.gssapi_protection != initial.gssapi_protection},
  };
  for (const auto& [key, is_set] : keys) {
    if (!is_set) continue;
    errors_.Add(PlaceInAuth(key),
                {"\"gssapi\" among auth.methods", absl::StrCat(std::string(key), " without it"),
                 "add \"gssapi\" to auth.methods, or leave this key out"});
  }
}

void Check::CheckRules() {
  const TomlField* const rules = Find(root_, "rule");
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    if (config_.rules[i].enabled) CheckRule(config_.rules[i], rules->value.items[i]);
  }
}

void Check::CheckRule(const Rule& rule, const TomlValue& text) {
  const bool can_authenticate = auth_.Has(AuthMethod::kPassword) || auth_.Has(AuthMethod::kGssapi);
  if (!rule.users.is_everybody() && !can_authenticate && !rule.grant.ident) {
    const TomlField* users = Find(text, "users");
    if (users == nullptr) users = Find(text, "groups");
    if (users == nullptr) users = Find(text, "authenticated");
    errors_.Add(
        users->value.at,
        {"a method by which users can authenticate", "a rule for users without one",
         "add \"password\" or \"gssapi\" to auth.methods, or for SOCKS4 write ident = true"});
  }
  const struct {
    std::string_view key;
    bool is_set;
    PolicyCommand command;
    std::string_view command_name;
  } keys[] = {
      {"bind_any_peer", rule.grant.bind_any_peer, PolicyCommand::kBind, "bind"},
      {"udp_any_peer", rule.grant.udp_any_peer, PolicyCommand::kUdpAssociate, "udp_associate"}};
  for (const auto& key : keys) {
    if (!key.is_set || (rule.commands & CommandBit(key.command)) != 0) continue;
    errors_.Add(Find(text, key.key)->value.at,
                {absl::StrCat("\"", std::string(key.command_name), "\" among commands"),
                 absl::StrCat(std::string(key.key), " without it"),
                 "add the command to the rule, or leave this key out"});
  }
}

// Neither PAM nor Kerberos nor an ident server.
bool Check::OnlyTablesKnowUsers() const {
  return auth_.Has(AuthMethod::kPassword) && !auth_.Has(AuthMethod::kGssapi) &&
         auth_.pam_service.empty() && !auth_.ident_required &&
         std::none_of(config_.rules.begin(), config_.rules.end(),
                      [](const Rule& rule) { return rule.grant.ident; });
}

void Check::CheckNames() {
  for (const User& user : config_.users) known_.insert(user.name);
  if (const TomlField* const groups = Find(root_, "groups")) {
    for (const TomlField& group : groups->value.fields) CheckNamesIn(group.value);
  }
  for (size_t i = 0; i < config_.rules.size(); ++i) {
    const TomlField* const users = Find(Find(root_, "rule")->value.items[i], "users");
    if (users != nullptr && config_.rules[i].enabled) CheckNamesIn(users->value);
  }
}

void Check::CheckNamesIn(const TomlValue& list) {
  for (const TomlValue& item : list.items) {
    if (known_.contains(std::string_view(item.text))) continue;
    // A suggestion costs a look at every user; beyond the bound nobody would read it.
    std::string advice;
    if (errors_.count() < kConfigErrorsMax) {
      const std::vector<std::string_view> names(known_.begin(), known_.end());
      const std::string_view nearest = NearestWord(item.text, names);
      advice = nearest.empty() ? "write a table [[user]], or name a PAM service that knows the user"
                               : absl::StrCat("did you mean ", Quote(nearest), "?");
    }
    errors_.Add(item.at, {"the name of a [[user]]", item.Describe(), advice});
  }
}

}  // namespace

void RefuseContradictions(const TomlValue& root, const Config& config, ConfigErrors& errors) {
  Check(root, config, errors).Run();
}

}  // namespace sluice
