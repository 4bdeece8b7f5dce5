#include "tools/admin/router.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/admin/bounds.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

HttpResponse Said(std::string text) {
  HttpResponse response;
  response.body = std::move(text);
  return response;
}

Router Routes() {
  return Router({
      {"GET", "/things", Role::kViewer, {"filter"}, "", [](const Asked&) { return Said("all"); }},
      {"GET",
       "/things/{name}",
       Role::kViewer,
       {},
       "",
       [](const Asked& asked) { return Said("one " + std::string(asked.name)); }},
      {"DELETE", "/things/{name}", Role::kOperator, {}, "", [](const Asked&) { return Said("-"); }},
      {"POST",
       "/things:end",
       Role::kOperator,
       {},
       "application/json",
       [](const Asked& asked) { return Said(asked.request.body); }},
      {"POST",
       "/drafts/{id}/rules/{name}:move",
       Role::kOperator,
       {},
       "",
       [](const Asked& asked) {
         return Said("draft " + std::string(asked.names[0]) + " rule " +
                     std::string(asked.names[1]));
       }},
      {"POST",
       "/text",
       Role::kAdministrator,
       {},
       "text/plain",
       [](const Asked&) { return Said("text"); }},
  });
}

HttpResponse Ask(const std::string& method, const std::string& target,
                 Role role = Role::kAdministrator, const std::string& type = "",
                 const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.content_type = type;
  request.body = body;
  return Routes().Answer(request, Caller{"mallory", 1000, role, "unix", false});
}

TEST(RouterTest, APathAndAVerbLeadToTheirResource) {
  EXPECT_EQ(Ask("GET", "/things").body, "all");
  EXPECT_EQ(Ask("GET", "/things?filter=x").body, "all");
  EXPECT_EQ(Ask("HEAD", "/things").body, "all");
  EXPECT_EQ(Ask("GET", "/things/1-755").body, "one 1-755");
  EXPECT_EQ(Ask("GET", "/things/1%2D755").body, "one 1-755");
  EXPECT_EQ(Ask("DELETE", "/things/1").body, "-");
  EXPECT_EQ(
      Ask("POST", "/things:end", Role::kOperator, "Application/JSON; charset=utf-8", "{}").body,
      "{}");
}

TEST(RouterTest, APathMayHaveSeveralNamesAndAnAction) {
  EXPECT_EQ(Ask("POST", "/drafts/d1/rules/office:move").body, "draft d1 rule office");
  EXPECT_EQ(Ask("POST", "/drafts/d%2F1/rules/a%3Ab:move").body, "draft d/1 rule a:b");
  for (const char* path : {"/drafts/d1/rules/office", "/drafts/d1/rules/office:m",
                           "/drafts/d1:move", "/drafts/d1/rules:move", "/drafts/d1/rules/a/b:move"})
    EXPECT_EQ(Ask("POST", path).status, 404) << path;
}

TEST(RouterTest, WhatIsNotThereIsNotFound) {
  for (const char* path : {"/", "/thing", "/things/", "/things/a/b", "/thingss", "/things/%2e%2e"})
    EXPECT_THAT(Ask("GET", path).status, ::testing::AnyOf(404, 400)) << path;
  EXPECT_EQ(Ask("GET", "/nothing").status, 404);
}

TEST(RouterTest, AnotherVerbHearsWhichThereAre) {
  const HttpResponse response = Ask("PUT", "/things/1");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD, DELETE")));
  EXPECT_EQ(Ask("HEAD", "/things:end").status, 405);
  EXPECT_EQ(Ask("get", "/things").status, 405);
}

TEST(RouterTest, RolesBoundWhatIsDone) {
  EXPECT_EQ(Ask("GET", "/things", Role::kStranger).status, 403);
  EXPECT_EQ(Ask("GET", "/nothing", Role::kStranger).status, 403);  // not even that is told
  EXPECT_EQ(Ask("GET", "/things", Role::kViewer).status, 200);
  EXPECT_EQ(Ask("DELETE", "/things/1", Role::kViewer).status, 403);
  EXPECT_EQ(Ask("DELETE", "/things/1", Role::kOperator).status, 200);
  const HttpResponse refused = Ask("POST", "/text", Role::kOperator, "text/plain");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("mallory"));
  EXPECT_THAT(refused.body, HasSubstr("sluice-admin"));
}

TEST(RouterTest, WhatNobodyReadsIsRefused) {
  EXPECT_EQ(Ask("GET", "/things?fliter=x").status, 400);
  EXPECT_EQ(Ask("GET", "/things/1?filter=x").status, 400);
  EXPECT_EQ(Ask("GET", "/things", Role::kViewer, "text/plain", "x").status, 400);
  EXPECT_EQ(Ask("POST", "/things:end", Role::kOperator, "text/json", "{}").status, 415);
  EXPECT_EQ(Ask("POST", "/things:end", Role::kOperator, "", "{}").status, 415);
}

TEST(RouterTest, ProblemsAreProblems) {
  const HttpResponse response = Ask("GET", "/nothing");
  EXPECT_EQ(response.content_type, "application/problem+json");
  const auto json = nlohmann::json::parse(response.body);
  EXPECT_EQ(json["type"], "about:blank");
  EXPECT_EQ(json["title"], "Not Found");
  EXPECT_EQ(json["status"], 404);
  EXPECT_THAT(std::string(json["detail"]), HasSubstr("expected"));
}

TEST(RouterTest, OnlyConfigurationsAreLarge) {
  const Router router = Routes();
  EXPECT_EQ(router.BodyLimit("POST", "/text"), admin_bounds::kConfigBodyBytesMax);
  EXPECT_EQ(router.BodyLimit("POST", "/text?a=b"), admin_bounds::kConfigBodyBytesMax);
  for (const char* path : {"/things:end", "/text/", "/nothing", "", "/text:x"})
    EXPECT_EQ(router.BodyLimit("POST", path), admin_bounds::kBodyBytesMax) << path;
  EXPECT_EQ(router.BodyLimit("GET", "/text"), admin_bounds::kBodyBytesMax);
}

TEST(Router, AWitnessSeesWhateverMightChangeSomethingAndWhatBecameOfIt) {
  std::vector<std::string> seen;
  const Router router(Routes().routes(), [&seen](const Answered& answered) {
    std::string line(answered.request.method);
    line += answered.route == nullptr ? " -" : " " + std::string(answered.route->path);
    for (const std::string_view name : answered.names) line += " " + std::string(name);
    seen.push_back(line + " " + std::to_string(answered.response.status));
  });
  const auto ask = [&router](const std::string& method, const std::string& target, Role role) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    router.Answer(request, Caller{"mallory", 1000, role, "unix", false});
  };
  ask("GET", "/things", Role::kAdministrator);
  ask("HEAD", "/things", Role::kAdministrator);
  ask("DELETE", "/things/a", Role::kOperator);
  ask("DELETE", "/things/a", Role::kViewer);
  ask("POST", "/drafts/d1/rules/office:move", Role::kOperator);
  ask("POST", "/things:end", Role::kOperator);
  ask("POST", "/nowhere", Role::kOperator);
  ask("POST", "/%zz", Role::kStranger);
  EXPECT_THAT(seen, ElementsAre("DELETE /things/{name} a 200", "DELETE /things/{name} a 403",
                                "POST /drafts/{id}/rules/{name}:move d1 office 200",
                                "POST /things:end 415", "POST - 404", "POST - 400"));
}

}  // namespace
}  // namespace sluice
