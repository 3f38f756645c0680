// Handlers of HTTP over real sockets: what a client gets for each request, on one connection after the
// other and by many.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "support/chats.hpp"
#include "support/http.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::HttpAnswer;
using test::next_answer;
using test::rejected;
using test::request;

using Http = test::Http;

// --- routes ---

TEST_F(Http, HandlerIsGivenTheRequest) {
  app.post("/rooms/{room}/say", [](const HttpRequest& got) -> HttpResponse {
    return HttpResponse::json({{"method", got.method()},
                               {"path", got.path()},
                               {"room", got.parameter("room")},
                               {"query", got.query()},
                               {"a", got.query("a").value_or("none")},
                               {"field", got.header("x-FIELD").value_or("none")},
                               {"cookie", got.cookie("c").value_or("none")},
                               {"body", got.body()},
                               {"text", text(got.json(), "text")},
                               {"secure", got.is_secure()},
                               {"user", got.user()}});
  });
  start();
  const HttpAnswer answer = post("/rooms/caf%C3%A9%2Fbar/say?a=%31&b=2", R"({"text":"hi"})",
                                 "X-Field: value\r\nCookie: b=1; c=2\r\n");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  EXPECT_EQ(
      answer.body,
      R"({"method":"POST","path":"/rooms/caf%C3%A9%2Fbar/say","room":"café/bar",)"
      R"("query":"a=%31&b=2","a":"1","field":"value","cookie":"2","body":"{\"text\":\"hi\"}",)"
      R"("text":"hi","secure":false,"user":""})");
}

TEST_F(Http, EachMethodHasItsHandler) {
  const auto names = [](const char* name) {
    return [name](const HttpRequest&) { return HttpResponse::text(name); };
  };
  app.get("/x", names("get"))
      .post("/x", names("post"))
      .put("/x", names("put"))
      .patch("/x", names("patch"))
      .del("/x", names("del"));
  start();
  for (const auto& [method, name] : std::vector<std::pair<std::string, std::string>>{
           {"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"PATCH", "patch"}, {"DELETE", "del"}})
    EXPECT_EQ(ask(request(method + " /x")).body, name);
}

TEST_F(Http, OtherMethodsAndPathsAreRefused) {
  app.get("/x", [](const HttpRequest&) -> Json { return 1; });
  app.post("/x", [](const HttpRequest&) -> Json { return 2; });
  start();
  const HttpAnswer put = ask(request("PUT /x"));
  EXPECT_EQ(put.status, 405U);
  EXPECT_EQ(put.field("Allow"), "GET, HEAD, POST, OPTIONS");
  const HttpAnswer options = ask(request("OPTIONS /x"));
  EXPECT_EQ(options.status, 200U);
  EXPECT_EQ(options.field("Allow"), "GET, HEAD, POST, OPTIONS");
  for (const char* path : {"/y", "/x/", "/X", "//x", "/"})
    EXPECT_EQ(get(path).status, 404U) << path;
}

TEST_F(Http, HeadIsAnsweredAsGetWithoutTheBody) {
  app.get("/x", [](const HttpRequest&) { return HttpResponse::text("hello"); });
  start();
  test::RawClient client = raw();
  client.send(request("HEAD /x") + request("GET /x"));
  const HttpAnswer head = next_answer(client, true);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.field("Content-Length"), "5");
  EXPECT_EQ(next_answer(client).body, "hello");
}

TEST_F(Http, SegmentThatIsWrittenOutIsPreferred) {
  app.get("/rooms/{room}",
          [](const HttpRequest& got) { return HttpResponse::text(got.parameter("room")); });
  app.get("/rooms/lobby", [](const HttpRequest&) { return HttpResponse::text("the lobby"); });
  start();
  EXPECT_EQ(get("/rooms/lobby").body, "the lobby");
  EXPECT_EQ(get("/rooms/other").body, "other");
  EXPECT_EQ(get("/rooms/").status, 404U);
  EXPECT_EQ(get("/rooms/%").status, 400U);
  EXPECT_EQ(get("/rooms/%00").status, 400U);
  EXPECT_EQ(get("/rooms/%FF").status, 400U);
}

TEST_F(Http, PathThatIsTakenIsRefused) {
  const auto handler = [](const HttpRequest&) -> Json { return 1; };
  app.route<test::EchoChat>("/ws", auth);
  app.page("/page", "text/plain", "a page");
  app.get("/x", handler);
  EXPECT_THROW(app.get("/ws", handler), ConfigError);
  EXPECT_THROW(app.get("/page", handler), ConfigError);
  EXPECT_THROW(app.get("/x", handler), ConfigError);
  EXPECT_THROW(app.get("x", handler), ConfigError);
  EXPECT_THROW(app.get("/{a}/{a}", handler), ConfigError);
  EXPECT_THROW(app.page("/x", "text/plain", "a page"), ConfigError);
  EXPECT_THROW(app.route<test::EchoChat>("/x", auth), ConfigError);
}

// --- handlers ---

TEST_F(Http, HandlerMayWait) {
  app.post("/slow", [](const HttpRequest& got) -> Task<HttpResponse> {
    co_await sleep_for(20ms);
    HttpResponse response = HttpResponse::text(std::string(got.body()));
    co_return response;
  });
  app.get("/json", [](const HttpRequest& got) -> Task<Json> {
    co_await sleep_for(1ms);
    Json path(got.path());
    co_return path;
  });
  start();
  EXPECT_EQ(post("/slow", "waited").body, "waited");
  EXPECT_EQ(get("/json").body, "\"/json\"");
}

TEST_F(Http, WhatAHandlerThrowsIsAnswered) {
  app.post("/json", [](const HttpRequest& got) -> Json { return Json(text(got.json(), "name")); });
  app.post("/at", [](const HttpRequest& got) -> Json {
    const Json body = got.json();
    return body.at("name");
  });
  app.get("/throws", [](const HttpRequest&) -> Json { throw std::runtime_error("the database"); });
  app.get("/later", [](const HttpRequest&) -> Task<Json> {
    co_await sleep_for(1ms);
    throw 42;
  });
  app.get("/wrong", [](const HttpRequest&) -> Json { throw authx::CredentialsException(); });
  app.get("/nobody", [](const HttpRequest&) -> Json { throw authx::UserNotFoundException(); });
  app.get("/none", [](const HttpRequest& got) -> Json { return Json(got.parameter("none")); });
  start();
  const test::LogCapture log;
  EXPECT_EQ(post("/json", R"({"name":"a"})").body, "\"a\"");
  for (const char* body : {"", "{", "[]", "{}", R"({"name":1})", "\xFF", "{\"name\":\"\xFF\"}"}) {
    const HttpAnswer bad = post("/json", body);
    EXPECT_EQ(bad.status, 400U) << body;
    EXPECT_NE(bad.body.find(R"("error":"bad_message")"), std::string::npos) << bad.body;
  }
  EXPECT_EQ(post("/at", "{}").status, 400U);
  for (const char* path : {"/throws", "/later", "/none"}) {
    const HttpAnswer failed = get(path);
    EXPECT_EQ(failed.status, 500U) << path;
    EXPECT_EQ(failed.body, R"({"error":"internal_error"})") << path;
  }
  EXPECT_TRUE(log.has("the database"));
  EXPECT_EQ(rejected(app.port(), "hook_failed"), 3);
  const HttpAnswer wrong = get("/wrong");
  EXPECT_EQ(wrong.status, 401U);
  EXPECT_EQ(wrong.field("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(get("/nobody").status, 404U);
}

TEST_F(Http, ResponseHasWhatTheHandlerSet) {
  app.get("/x", [](const HttpRequest&) {
    HttpResponse response(201);
    response.body("text/csv", "a,b\n").field("X-One", "1").field("x-one", "2");
    response.field("Cache-Control", "max-age=60").set_cookie(Cookie("a", "1"));
    response.set_cookie(Cookie("b", "2").max_age(1h).path("/x").same_site(Cookie::SameSite::lax));
    return response;
  });
  app.del("/x", [](const HttpRequest&) { return HttpResponse(204); });
  app.post("/x", [](const HttpRequest&) { return HttpResponse::see_other("/y?z=1"); });
  start();
  const HttpAnswer answer = get("/x");
  EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 201 Created\r\n")) << answer.head;
  EXPECT_EQ(answer.field("Content-Type"), "text/csv");
  EXPECT_EQ(answer.field("X-One"), "");
  EXPECT_EQ(answer.field("x-one"), "2");
  EXPECT_EQ(answer.field("Cache-Control"), "max-age=60");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.head.find("Access-Control"), std::string::npos);
  EXPECT_NE(answer.head.find("Set-Cookie: a=1; Path=/; Secure; HttpOnly; SameSite=Strict\r\n"),
            std::string::npos);
  EXPECT_NE(answer.head.find(
                "Set-Cookie: b=2; Path=/x; Max-Age=3600; Secure; HttpOnly; SameSite=Lax\r\n"),
            std::string::npos);
  EXPECT_TRUE(answer.field("Date").ends_with(" GMT")) << answer.head;
  const HttpAnswer gone = ask(request("DELETE /x"));
  EXPECT_EQ(gone.status, 204U);
  EXPECT_EQ(gone.field("Content-Length"), "");
  EXPECT_EQ(gone.field("Cache-Control"), "no-store");
  const HttpAnswer elsewhere = post("/x", "");
  EXPECT_EQ(elsewhere.status, 303U);
  EXPECT_EQ(elsewhere.field("Location"), "/y?z=1");
  EXPECT_EQ(elsewhere.field("Content-Length"), "0");
}

TEST_F(Http, FieldThatWouldBeTwoIsRefused) {
  app.get("/x", [](const HttpRequest& got) {
    return HttpResponse::see_other("/" + got.query("to").value_or(""));
  });
  start();
  const test::LogCapture log;
  EXPECT_EQ(get("/x?to=a").status, 303U);
  const HttpAnswer injected = get("/x?to=a%0D%0ASet-Cookie:%20admin=1");
  EXPECT_EQ(injected.status, 500U);
  EXPECT_EQ(injected.head.find("admin"), std::string::npos);
}

// --- bodies ---

TEST_F(Http, BodiesOfBothFormsAreRead) {
  app.post("/x",
           [](const HttpRequest& got) { return HttpResponse::text(std::string(got.body())); });
  start();
  EXPECT_EQ(post("/x", "hello").body, "hello");
  EXPECT_EQ(post("/x", "").body, "");
  const std::string chunked = request("POST /x", "Transfer-Encoding: chunked\r\n") +
                              "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nTrailer: x\r\n\r\n";
  test::RawClient client = raw();
  client.send(chunked + chunked);
  EXPECT_EQ(next_answer(client).body, "hello, world");
  EXPECT_EQ(next_answer(client).body, "hello, world");
  // Cut at every offset.
  for (std::size_t cut = 1; cut < chunked.size(); cut += 3) {
    client.send(chunked.substr(0, cut));
    std::this_thread::sleep_for(1ms);
    client.send(chunked.substr(cut));
    EXPECT_EQ(next_answer(client).body, "hello, world") << cut;
  }
}

TEST_F(Http, BodyPastTheLimitIsRefusedWith413) {
  limits.body_bytes_max = 1000;
  app.post("/x", [](const HttpRequest& got) -> Json { return got.body().size(); });
  start();
  EXPECT_EQ(post("/x", std::string(1000, 'x')).body, "1000");
  EXPECT_EQ(ask(request("POST /x", "Content-Length: 1001\r\n")).status, 413U) << "before it comes";
  EXPECT_EQ(ask(request("POST /x", "Transfer-Encoding: chunked\r\n") + "3e9\r\n").status, 413U);
  EXPECT_EQ(rejected(app.port(), "body_too_large"), 2);
}

TEST_F(Http, SlowBodyIsRefusedWith408) {
  limits.body_time = 300ms;
  app.post("/x", [](const HttpRequest&) -> Json { return 1; });
  start();
  const auto begun = std::chrono::steady_clock::now();
  test::RawClient client = raw();
  client.send(request("POST /x", "Content-Length: 10\r\n") + "123");
  EXPECT_EQ(next_answer(client).status, 408U);
  expect_ended_at(300ms, begun);
  EXPECT_EQ(rejected(app.port(), "body_timeout"), 1);
}

TEST_F(Http, PeerThatExpectsContinueIsToldToSendTheBody) {
  limits.body_bytes_max = 1000;
  app.post("/x",
           [](const HttpRequest& got) { return HttpResponse::text(std::string(got.body())); });
  start();
  test::RawClient client = raw();
  client.send(request("POST /x", "Expect: 100-continue\r\nContent-Length: 5\r\n"));
  EXPECT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(next_answer(client).body, "hello");
  const char* too_much = "Expect: 100-continue\r\nContent-Length: 1001\r\n";
  EXPECT_EQ(ask(request("POST /x", too_much)).status, 413U) << "without a word to go on";
  EXPECT_EQ(ask(request("POST /x", "Expect: tea\r\n")).status, 417U);
}

// --- one connection, many requests ---

TEST_F(Http, ConnectionIsKeptForFurtherRequests) {
  app.post("/x",
           [](const HttpRequest& got) { return HttpResponse::text(std::string(got.body())); });
  start();
  test::RawClient client = raw();
  for (int i = 0; i < 100; ++i) {
    client.send(request("POST /x", "", std::to_string(i)));
    EXPECT_EQ(next_answer(client).body, std::to_string(i));
  }
  client.send(request("POST /x", "Connection: close\r\n", "last"));
  const HttpAnswer last = next_answer(client);
  EXPECT_EQ(last.body, "last");
  EXPECT_EQ(last.field("Connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST_F(Http, RequestsThatComeAtOnceAreAnsweredInTheirOrder) {
  app.get("/{n}", [](const HttpRequest& got) -> Task<HttpResponse> {
    if (got.parameter("n").ends_with('7')) co_await sleep_for(1ms);
    HttpResponse response = HttpResponse::text(got.parameter("n"));
    co_return response;
  });
  start();
  test::RawClient client = raw();
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += request("GET /" + std::to_string(i));
  client.send(bytes);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(next_answer(client).body, std::to_string(i));
}

TEST_F(Http, PeerThatReadsNoAnswersIsReadNoFurther) {
  limits.outbox_time = 500ms;
  std::atomic<int> asked{0};
  app.get("/big", [&](const HttpRequest&) {
    ++asked;
    return HttpResponse::text(std::string(256 * 1024, 'x'));
  });
  start();
  test::RawClient client = raw();
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes += request("GET /big");
  client.send(bytes);
  eventually([&] { return asked.load() > 0; });
  std::this_thread::sleep_for(200ms);
  EXPECT_LT(asked, 60);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(next_answer(client).body.size(), 256U * 1024) << i;
  EXPECT_EQ(asked, 200);
}

TEST_F(Http, PeerThatTakesNoAnswerIsDropped) {
  limits.outbox_time = 300ms;
  app.get("/big",
          [](const HttpRequest&) { return HttpResponse::text(std::string(16 << 20, 'x')); });
  start();
  test::RawClient client = raw();
  const auto begun = std::chrono::steady_clock::now();
  client.send(request("GET /big"));
  eventually([&] { return rejected(app.port(), "too_slow") == 1; });
  expect_ended_at(300ms, begun);
}

TEST_F(Http, Http10IsAnsweredOnce) {
  app.get("/x", [](const HttpRequest&) { return HttpResponse::text("hello"); });
  start();
  test::RawClient client = raw();
  client.send("GET /x HTTP/1.0\r\n\r\n");
  EXPECT_EQ(next_answer(client).body, "hello");
  EXPECT_TRUE(client.at_end());
}

TEST_F(Http, IdleConnectionIsClosed) {
  limits.idle_time = 300ms;
  app.get("/x", [](const HttpRequest&) -> Json { return 1; });
  start();
  test::RawClient client = raw();
  client.send(request("GET /x"));
  EXPECT_EQ(next_answer(client).status, 200U);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(client.read_all(), "");
  expect_ended_at(250ms, begun);
}

TEST_F(Http, HeadAfterAnotherMustComeInTimeToo) {
  limits.head_time = 300ms;
  app.get("/x", [](const HttpRequest&) -> Json { return 1; });
  start();
  test::RawClient client = raw();
  client.send(request("GET /x"));
  EXPECT_EQ(next_answer(client).status, 200U);
  client.send("GET /x HT");
  EXPECT_EQ(next_answer(client).status, 408U);
}

TEST_F(Http, ConnectionMayBecomeAWebSocket) {
  app.route<test::EchoChat>("/ws", auth);
  app.get("/x", [](const HttpRequest&) -> Json { return 1; });
  start();
  test::RawClient client = raw();
  client.send(request("GET /x"));
  EXPECT_EQ(next_answer(client).body, "1");
  client.send(test::upgrade_request("/ws?token=" + token("alice")));
  EXPECT_EQ(client.read_status(), 101U);
  client.send_text("hello");
  EXPECT_EQ(client.read_text(), "hello");
}

TEST_F(Http, HandlerRunsOnWhenItsPeerGoes) {
  std::atomic<bool> done{false};
  app.post("/pay", [&](const HttpRequest& got) -> Task<HttpResponse> {
    co_await sleep_for(100ms);
    done = got.body() == "10";
    HttpResponse response(204);
    co_return response;
  });
  start();
  {
    test::RawClient client = raw();
    client.send(request("POST /pay", "", "10"));
    std::this_thread::sleep_for(20ms);
  }
  eventually([&] { return done.load(); });
}

}  // namespace
}  // namespace microframe
