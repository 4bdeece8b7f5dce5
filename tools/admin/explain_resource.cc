// What the rules in force say of a request, and why (policy/explain.h), as JSON.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/limits.h"
#include "core/regular_file.h"
#include "glog/logging.h"
#include "policy/explain.h"
#include "tools/admin/json.h"
#include "tools/admin/json_fields.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

// A question with the texts that it points to.
struct Question {
  std::string client, user, command, destination;
  ExplainQuestion asked;
  absl::Time at = absl::Now();
};

std::optional<Address> OneAddress(const std::string& text, std::string_view key,
                                  JsonFields& fields) {
  const std::optional<Address> address = Address::ParseLenient(text);
  if (!address) fields.Fail(key, "an address such as 192.0.2.1 or 2001:db8::1", "another text");
  return address;
}

// "10.1.7.20", "10.1.7.20:50112", "[2001:db8::1]:50112".
void ReadClient(Question& question, JsonFields& fields) {
  constexpr uint16_t kAnyPort = 50000;  // of those that clients have
  std::string host = question.client;
  uint32_t port = kAnyPort;
  const bool bracketed = host.starts_with('[');
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string::npos &&
                        (bracketed ? host.find("]:") == colon - 1 : host.find(':') == colon);
  if (has_port) {
    if (!absl::SimpleAtoi(host.substr(colon + 1), &port) || port > UINT16_MAX)
      fields.Fail("client", "a port of 0 to 65535 behind the address", "another");
    host.resize(colon);
  }
  if (bracketed && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (const auto address = OneAddress(host, "client", fields))
    question.asked.request.client = Endpoint{*address, static_cast<uint16_t>(port)};
}

void ReadCommand(Question& question, JsonFields& fields) {
  PolicyRequest& request = question.asked.request;
  if (question.command.empty() || question.command == "connect") {
    request.command = PolicyCommand::kConnect;
  } else if (question.command == "bind") {
    request.command = PolicyCommand::kBind;
  } else if (question.command == "udp_associate") {
    request.command = PolicyCommand::kUdpAssociate;
  } else {
    fields.Fail("command", "\"connect\", \"bind\" or \"udp_associate\"", "another text");
  }
}

void ReadDestination(Question& question, JsonFields& fields) {
  PolicyRequest& request = question.asked.request;
  if (question.destination.size() > limits::kNameBytesMax)
    return fields.Fail("destination", "a name or an address", "a text that is too long");
  if (const auto address = Address::ParseLenient(question.destination)) {
    request.address_known = true;
    request.address = *address;
  } else if (!question.destination.empty()) {
    request.name = question.destination;
  } else if (request.command == PolicyCommand::kConnect) {
    fields.Fail("destination", "a name or an address", "none");
  }
}

// `question` keeps its place: what is asked points into it.
absl::Status ReadQuestion(std::string_view body, Question& question) {
  JsonFields fields(body);
  question.client = fields.Text("client").value_or("");
  question.user = fields.Text("user").value_or("");
  question.command = fields.Text("command").value_or("");
  question.destination = fields.Text("destination").value_or("");
  PolicyRequest& request = question.asked.request;
  request.port = static_cast<uint16_t>(fields.Number("port", 0, UINT16_MAX).value_or(0));
  for (const std::string& text : fields.Texts("addresses")) {
    if (const auto address = OneAddress(text, "addresses", fields))
      question.asked.addresses.push_back(*address);
  }
  if (const auto at = fields.Text("at")) {
    std::string why;
    if (!absl::ParseTime(absl::RFC3339_full, *at, &question.at, &why))
      fields.Fail("at", "a time such as 2026-01-31T12:00:00Z", "another text");
  }
  ReadClient(question, fields);
  ReadCommand(question, fields);
  ReadDestination(question, fields);
  request.user = question.user;
  request.proof = question.user.empty() ? UserProof::kNone : UserProof::kAuthenticated;
  return fields.Finish();
}

// Only files that the configuration in force names.
FileReader ListsOf(const LoadedConfig& loaded) {
  return [&loaded](std::string_view name) -> absl::StatusOr<std::string> {
    if (!loaded.lists.contains(name)) return absl::NotFoundError("not one of its lists");
    const auto folder = std::filesystem::path(loaded.path).parent_path();
    return ReadRegularFile((folder / std::string(name)).string(), limits::kConfigBytesMax);
  };
}

// The destination's entry says the most; where none is asked, the source's.
Json RuleJson(const ExplainedRule& rule, int number) {
  Json json = {{"number", number},
               {"rule", rule.name},
               {"verdict", VerdictWord(rule.verdict)},
               {"matched", rule.matched},
               {"reached", rule.reached}};
  if (!rule.matched) {
    json["failed"] = ConditionWord(rule.failed);
    json["wanted"] = rule.wanted;
    json["found"] = rule.found;
    return json;
  }
  const ExplainedEntry& entry = rule.destination.text.empty() ? rule.source : rule.destination;
  if (!entry.text.empty()) json["by"] = entry.text;
  if (!entry.list.empty()) json["list"] = entry.list;
  if (!entry.file.empty()) json["file"] = entry.file;
  if (entry.line != 0) json["line"] = entry.line;
  return json;
}

Json StepJson(const ExplainedStep& step) {
  return {{"address", step.address.ToString()},
          {"verdict", VerdictWord(step.decision.verdict)},
          {"rule", step.rule},
          {"special_use", step.decision.special_use}};
}

Json GrantJson(const RuleGrant& grant) {
  Json addresses = Json::array();
  for (const Address& address : grant.egress.addresses) addresses.push_back(address.ToString());
  return {{"egress", {{"addresses", addresses}, {"interface", grant.egress.interface}}},
          {"ident", grant.ident},
          {"bind_any_peer", grant.bind_any_peer},
          {"udp_any_peer", grant.udp_any_peer}};
}

Json ExplanationJson(const Explanation& explanation, uint64_t generation) {
  Json json = {{"verdict", VerdictWord(explanation.decided.decision.verdict)},
               {"rule", explanation.decided.rule},
               {"phase", PhaseWord(explanation.decided.phase)},
               {"special_use", explanation.decided.decision.special_use},
               {"generation", generation},
               {"agrees", explanation.agrees},
               {"addresses", Json::array()},
               {"rules", Json::array()},
               {"would_change", Json::array()},
               {"grant", GrantJson(explanation.grant)}};
  for (const ExplainedStep& step : explanation.addresses)
    json["addresses"].push_back(StepJson(step));
  int number = 0;
  for (const ExplainedRule& rule : explanation.rules)
    json["rules"].push_back(RuleJson(rule, ++number));
  for (const SupposedChange& change : explanation.would_change)
    json["would_change"].push_back(
        {{"if", change.text}, {"verdict", VerdictWord(change.verdict)}, {"rule", change.rule}});
  return json;
}

}  // namespace

HttpResponse ExplainRequest(Administered& gateway, const Asked& asked) {
  Question question;
  if (const absl::Status read = ReadQuestion(asked.request.body, question); !read.ok())
    return Problem(400, std::string(read.message()));
  Json json;
  gateway.AskPolicy([&](const LoadedConfig& loaded, const Snapshot& snapshot) {
    const Explanation explanation =
        Explain(loaded.config, question.at, question.asked, ListsOf(loaded), &snapshot);
    // At another time than now other rules may have expired, so the index need not agree.
    if (!explanation.agrees && !asked.request.body.empty() &&
        question.at <= absl::Now() + absl::Seconds(1) && question.at >= loaded.loaded) {
      LOG(ERROR) << "the rules explain a request otherwise than they decide it: a defect of "
                    "Sluice; please report the configuration and the question";
    }
    json = ExplanationJson(explanation, loaded.generation);
  });
  return JsonResponse(json);
}

}  // namespace sluice
