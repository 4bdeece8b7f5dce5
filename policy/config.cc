// From text to Config:
//   1. ParseToml: text to a tree, or one error of syntax.
//   2. Sets and the list files they name, and groups.
//   3. Everything else in the order of the text; all errors are gathered.
//   4. What the keys say together.

#include "policy/config.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/auth_reader.h"
#include "policy/config_errors.h"
#include "policy/contradictions.h"
#include "policy/entry_text.h"
#include "policy/list_reader.h"
#include "policy/rule_reader.h"
#include "policy/scope_reader.h"
#include "policy/toml_document.h"
#include "policy/toml_fields.h"
#include "policy/trial_reader.h"
#include "policy/user_reader.h"
#include "policy/value_readers.h"

namespace sluice {
namespace {

constexpr int kBacklogMax = 65535;
constexpr int kProbesMax = 127;  // MAX_TCP_KEEPCNT

constexpr char kListenExpected[] = "an address of this host, or \"any\"";

constexpr Address kAnyV4 = Address::FromV4({0, 0, 0, 0});
constexpr Address kAnyV6 = Address();

bool CanListenOn(const Address& address) {
  const SpecialUse use = ClassifySpecialUse(address);
  return use != SpecialUse::kMulticast && use != SpecialUse::kBroadcast;
}

// `item` is a text, or a table that says more of it. False where it is neither.
bool ReadListenPlace(const TomlValue& item, ConfigErrors& errors, TomlValue* text, bool* wait) {
  if (item.kind != TomlValue::Kind::kTable) {
    *text = item;
    return IsText(item, kListenExpected, errors);
  }
  bool is_text = false;
  bool is_said = false;
  ReadTable(item, "a place to listen at",
            {
                {"address",
                 [&](const TomlValue& v) {
                   *text = v;
                   is_said = true;
                   is_text = IsText(v, kListenExpected, errors);
                 }},
                {"wait", [&](const TomlValue& v) { ReadBoolean(v, errors, wait); }},
            },
            errors);
  if (!is_said) {
    errors.Add(item.at, {"an address", "a table without one",
                         "write { address = \"192.0.2.1\", wait = true }"});
  }
  return is_text;
}

// Appends what `text` means, one address or both that mean any.
void AddListenPlaces(const TomlValue& text, bool wait, ConfigErrors& errors,
                     std::vector<ListenPlace>* listen) {
  std::vector<ListenPlace> meant = {{kAnyV4}, {kAnyV6}};
  if (text.text != "any") {
    meant.resize(1);
    if (!ReadScopedAddress(text, kListenExpected, errors, &meant[0].address, &meant[0].interface))
      return;
    meant[0].wait = wait;
    if (!CanListenOn(meant[0].address)) {
      return errors.Add(
          text.at, {kListenExpected, text.Describe(), "multicast and broadcast have no listeners"});
    }
  }
  for (const ListenPlace& place : meant) {
    const auto same = [&](const ListenPlace& other) {
      return other.address == place.address && other.interface == place.interface;
    };
    if (std::any_of(listen->begin(), listen->end(), same)) {
      return errors.Add(text.at, {"each address once", absl::StrCat("another ", text.Describe()),
                                  "keep one of them"});
    }
    listen->push_back(place);
  }
}

void ReadListen(const TomlValue& value, ConfigErrors& errors, std::vector<ListenPlace>* listen) {
  if (!IsFilledArray(value, "a list of addresses to listen on", errors)) return;
  listen->clear();
  for (const TomlValue& item : value.items) {
    TomlValue text;
    bool wait = false;
    if (ReadListenPlace(item, errors, &text, &wait)) AddListenPlaces(text, wait, errors, listen);
  }
  if (listen->size() > limits::kListenersMax) {
    errors.Add(value.at, {absl::StrCat("at most ", limits::kListenersMax, " addresses"),
                          absl::StrCat(listen->size()),
                          "listen on \"any\" and let rules choose the clients"});
  }
}

void ReadPortsOfRelays(const TomlValue& value, ConfigErrors& errors,
                       std::optional<PortRange>* ports) {
  PortRange range;
  if (!ReadPortRange(value, errors, &range)) return;
  *ports = range.is_all() ? std::nullopt : std::optional(range);
}

void ReadAdvertised(const TomlValue& value, ConfigErrors& errors, std::vector<Address>* out) {
  if (value.kind != TomlValue::Kind::kArray) {
    return errors.Add(
        value.at, {"a list of addresses", value.Describe(), "write it as a list: [\"…\", \"…\"]"});
  }
  out->clear();
  for (const TomlValue& item : value.items) {
    Address address;
    if (!ReadHostAddress(item, *out, errors, &address)) continue;
    const bool taken = std::any_of(out->begin(), out->end(), [&](const Address& other) {
      return other.is_v4() == address.is_v4();
    });
    if (taken) {
      errors.Add(item.at, {"at most one address of a family",
                           absl::StrCat("another of ", address.is_v4() ? "IPv4" : "IPv6"),
                           "keep the one by which clients and their peers reach this gateway"});
    } else {
      out->push_back(address);
    }
  }
}

void ReadService(const TomlValue& value, ConfigErrors& errors, ServiceSettings* service) {
  int64_t port = service->port;
  int64_t backlog = service->backlog;
  ReadTable(value, "[socks]",
            {
                {"enabled", [&](const TomlValue& v) { ReadBoolean(v, errors, &service->enabled); }},
                {"listen", [&](const TomlValue& v) { ReadListen(v, errors, &service->listen); }},
                {"port", [&](const TomlValue& v) { ReadInteger(v, 0, 65535, errors, &port); }},
                {"bind_ports",
                 [&](const TomlValue& v) { ReadPortsOfRelays(v, errors, &service->bind_ports); }},
                {"udp_ports",
                 [&](const TomlValue& v) { ReadPortsOfRelays(v, errors, &service->udp_ports); }},
                {"advertised",
                 [&](const TomlValue& v) { ReadAdvertised(v, errors, &service->advertised); }},
                {"socks4", [&](const TomlValue& v) { ReadBoolean(v, errors, &service->socks4); }},
                {"end_refused",
                 [&](const TomlValue& v) { ReadBoolean(v, errors, &service->end_refused); }},
                {"backlog",
                 [&](const TomlValue& v) { ReadInteger(v, 1, kBacklogMax, errors, &backlog); }},
            },
            errors);
  service->port = static_cast<uint16_t>(port);
  service->backlog = static_cast<int>(backlog);
}

void ReadTimeouts(const TomlValue& value, ConfigErrors& errors, Timeouts* timeouts) {
  const auto reads = [&errors](absl::Duration* out) {
    return [&errors, out](const TomlValue& v) { ReadDuration(v, errors, out); };
  };
  int64_t probes = timeouts->keepalive_probes;
  ReadTable(value, "[timeouts]",
            {
                {"handshake", reads(&timeouts->handshake)},
                {"authentication", reads(&timeouts->authentication)},
                {"connect", reads(&timeouts->connect)},
                {"idle", reads(&timeouts->idle)},
                {"half_closed", reads(&timeouts->half_closed)},
                {"bind", reads(&timeouts->bind)},
                {"udp_idle", reads(&timeouts->udp_idle)},
                {"ident", reads(&timeouts->ident)},
                {"stalled", reads(&timeouts->stalled)},
                {"unacknowledged",
                 [&](const TomlValue& v) {
                   ReadDurationOrZero(v, "Linux's own patience", errors, &timeouts->unacknowledged);
                 }},
                {"keepalive",
                 [&](const TomlValue& v) {
                   ReadSeconds(v, /*zero=*/"no probes", errors, &timeouts->keepalive);
                 }},
                {"keepalive_interval",
                 [&](const TomlValue& v) {
                   ReadSeconds(v, /*zero=*/nullptr, errors, &timeouts->keepalive_interval);
                 }},
                {"keepalive_probes",
                 [&](const TomlValue& v) { ReadInteger(v, 1, kProbesMax, errors, &probes); }},
            },
            errors);
  timeouts->keepalive_probes = static_cast<int>(probes);
}

void ReadLimits(const TomlValue& value, ConfigErrors& errors, SourceLimits* of_source) {
  const auto reads = [&errors](int* out) {
    return [&errors, out](const TomlValue& v) {
      int64_t read = *out;
      ReadInteger(v, 0, limits::kSourceLimitMax, errors, &read);
      *out = static_cast<int>(read);
    };
  };
  ReadTable(value, "[limits]",
            {
                {"handshakes", reads(&of_source->handshakes)},
                {"sessions", reads(&of_source->sessions)},
                {"associations", reads(&of_source->associations)},
                {"binds", reads(&of_source->binds)},
                {"names", reads(&of_source->names)},
            },
            errors);
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view text, std::string_view file,
                                   const FileReader& read_file) {
  ConfigErrors errors(file);
  if (text.size() > limits::kConfigBytesMax) {
    errors.Add({}, {absl::StrCat("at most ", limits::kConfigBytesMax >> 20, " MB"),
                    absl::StrCat(text.size(), " bytes"), "move long lists into list files"});
    return errors.ToStatus();
  }
  const std::variant<TomlValue, TomlError> parsed = ParseToml(text);
  if (const TomlError* error = std::get_if<TomlError>(&parsed)) {
    errors.Add(error->at, {error->expected, error->found, error->advice});
    return errors.ToStatus();
  }
  const TomlValue& root = std::get<TomlValue>(parsed);

  Config config;
  config.service.listen = {{Address::FromV4({127, 0, 0, 1})}, {*Address::Parse("::1")}};
  UserReader users(errors, &config.users, &config.groups);
  ListReader lists(read_file, errors, &config.lists, &config.sets);
  for (const TomlField& field : root.fields) {
    if (field.key == "sets") lists.ReadSets(field.value);
    if (field.key == "groups") users.ReadGroups(field.value);
  }
  ReadTable(
      root, "this file",
      {
          {"socks", [&](const TomlValue& v) { ReadService(v, errors, &config.service); }},
          {"timeouts", [&](const TomlValue& v) { ReadTimeouts(v, errors, &config.timeouts); }},
          {"limits", [&](const TomlValue& v) { ReadLimits(v, errors, &config.limits); }},
          {"auth", [&](const TomlValue& v) { ReadAuth(v, errors, &config.auth); }},
          {"user", [&](const TomlValue& v) { users.ReadUsers(v); }},
          {"groups", [](const TomlValue&) {}},
          {"sets", [](const TomlValue&) {}},
          {"rule", [&](const TomlValue& v) { ReadRules(v, lists, users, errors, &config.rules); }},
          {"test", [&](const TomlValue& v) { ReadTrials(v, errors, &config.trials); }},
      },
      errors);
  if (errors.count() == 0) CheckRulesOfTrials(config.trials, config.rules, errors);
  if (errors.count() == 0) RefuseContradictions(root, config, errors);
  if (errors.count() > 0) return errors.ToStatus();
  return config;
}

}  // namespace sluice
