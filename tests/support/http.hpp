// Http: an Application with handlers of HTTP, and clients that ask them.
#pragma once

#include <string>
#include <string_view>

#include "support/app_fixture.hpp"
#include "support/raw_client.hpp"

namespace test {

struct HttpAnswer {
  unsigned status = 0;
  std::string head;
  std::string body;

  std::string field(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

inline HttpAnswer next_answer(RawClient& client, bool head_only = false) {
  HttpAnswer answer;
  answer.head = client.read_head();
  if (answer.head.size() < 12) return answer;
  answer.status = static_cast<unsigned>(std::stoul(answer.head.substr(9, 3)));
  const std::string length = answer.field("Content-Length");
  if (head_only || length.empty()) return answer;
  answer.body = client.read_bytes(std::stoul(length));
  return answer;
}

inline std::string request(const std::string& line, const std::string& fields = "",
                           const std::string& body = "") {
  const std::string length =
      body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return line + " HTTP/1.1\r\nHost: app.example\r\n" + fields + length + "\r\n" + body;
}

class Http : public AppTest {
 protected:
  HttpAnswer ask(const std::string& bytes) const {
    RawClient client = raw();
    client.send(bytes);
    return next_answer(client);
  }
  HttpAnswer get(const std::string& path, const std::string& fields = "") const {
    return ask(request("GET " + path, fields));
  }
  HttpAnswer post(const std::string& path, const std::string& body,
                  const std::string& fields = "") const {
    return ask(request("POST " + path, fields, body));
  }
  std::string bearer(std::string_view user) const {
    return "Authorization: Bearer " + token(user) + "\r\n";
  }
};

}  // namespace test
