// Requests and responses as handlers see them, and the bytes of an answer.
#include "microframe/http/response.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "base/bytes.hpp"
#include "http/answer.hpp"
#include "microframe/http/request.hpp"

namespace microframe::http {
namespace {

using namespace std::string_literals;
using std::chrono::seconds;

std::string written(const HttpResponse& response, bool head_only = false, bool keep_alive = true) {
  const auto bytes = to_bytes(response, {head_only, keep_alive, "Sun, 06 Nov 1994 08:49:37 GMT"});
  return std::string(base::as_text(bytes.bytes()));
}

TEST(Answer, IsWrittenWhole) {
  EXPECT_EQ(written(HttpResponse::text("hi")),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; "
            "charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: "
            "nosniff\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(written(HttpResponse::text("hi"), true, false),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: "
            "close\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: "
            "no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(written(HttpResponse(299)).starts_with("HTTP/1.1 299 \r\n"));
}

TEST(Answer, OfAStatusWithoutABodyHasNoLength) {
  for (const unsigned status : {204U, 304U}) {
    HttpResponse response = HttpResponse::text("dropped", status);
    const std::string bytes = written(response);
    EXPECT_EQ(bytes.find("Content-Length"), std::string::npos) << status;
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n")) << status;
  }
}

TEST(Response, FieldsThatWouldBeOthersAreRefused) {
  HttpResponse response;
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"X", "a\r\nY: b"},
                                                        {"X", "a\nb"},
                                                        {"X", "a\rb"},
                                                        {"X", "a\0b"s},
                                                        {"X", "\x7F"},
                                                        {"X\r\nY", "a"},
                                                        {"X Y", "a"},
                                                        {"X:", "a"},
                                                        {"", "a"},
                                                        {"Content-Length", "5"},
                                                        {"content-length", "5"},
                                                        {"Transfer-Encoding", "chunked"},
                                                        {"Connection", "close"},
                                                        {"Date", "today"},
                                                        {"Upgrade", "h2c"},
                                                        {"Trailer", "X"}})
    EXPECT_THROW(response.field(name, value), std::invalid_argument) << name << ": " << value;
  EXPECT_THROW(response.body("text/plain\r\nX: y", ""), std::invalid_argument);
  EXPECT_THROW(HttpResponse::see_other("/a\r\nX: y"), std::invalid_argument);
  EXPECT_THROW(response.set_cookie("a=b\r\nX: y"s), std::invalid_argument);
  EXPECT_TRUE(response.fields().empty());
  for (const unsigned status : {0U, 100U, 101U, 199U, 600U, 1000U})
    EXPECT_THROW(HttpResponse{status}, std::invalid_argument) << status;
}

TEST(Cookies, HaveTheirAttributes) {
  EXPECT_EQ(Cookie("a", "1").to_field(), "a=1; Path=/; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(Cookie("a", "")
                .path("/x")
                .max_age(seconds(0))
                .http_only(false)
                .secure(false)
                .same_site(Cookie::SameSite::lax)
                .to_field(),
            "a=; Path=/x; Max-Age=0; SameSite=Lax");
  EXPECT_EQ(Cookie("a", "1").same_site(Cookie::SameSite::none).to_field(),
            "a=1; Path=/; Secure; HttpOnly; SameSite=None");
}

TEST(Cookies, ThatBrowsersWouldRefuseAreRefused) {
  for (const char* name : {"", "a b", "a=b", "a;b", "a\r\n"})
    EXPECT_THROW(Cookie(name, "1"), std::invalid_argument) << name;
  for (const auto& value : {"a b"s, "a;b"s, "a,b"s, "a\"b"s, "a\\b"s, "a\r\nb"s, "\0"s, "\xC3"s})
    EXPECT_THROW(Cookie("a", value), std::invalid_argument) << value;
  for (const char* path : {"", "x", "/a;b", "/a\nb"})
    EXPECT_THROW(Cookie("a", "1").path(path), std::invalid_argument) << path;
  EXPECT_THROW(Cookie("a", "1").same_site(Cookie::SameSite::none).secure(false).to_field(),
               std::invalid_argument);
}

TEST(Request, IsReadByName) {
  detail::HttpRequestParts parts;
  parts.query = "a=1&b=%20&a=2";
  parts.fields = {{"X-One", "1"}, {"x-one", "2"}, {"Cookie", "a=1"}, {"cookie", "b=\"2\"; c=3"}};
  parts.parameters = {{"room", "general"}};
  parts.body = R"({"a":1})";
  const HttpRequest request(std::move(parts));
  EXPECT_EQ(request.query("a"), "1");
  EXPECT_EQ(request.query("b"), " ");
  EXPECT_EQ(request.query("c"), std::nullopt);
  EXPECT_EQ(request.header("x-ONE"), "1");
  EXPECT_EQ(request.header("none"), std::nullopt);
  EXPECT_EQ(request.cookie("b"), "2");
  EXPECT_EQ(request.cookie("d"), std::nullopt);
  EXPECT_EQ(request.parameter("room"), "general");
  EXPECT_THROW(request.parameter("user"), std::out_of_range);
  EXPECT_EQ(number<int>(request.json(), "a"), 1);
  EXPECT_EQ(request.user(), "");
  EXPECT_FALSE(request.authorized_user());
}

}  // namespace
}  // namespace microframe::http
