// HttpExchange: a request to one of the application's handlers, from its head to the answer: who sent
// it, its body, the handler's turn. One after the other on a connection. Threading: its loop. Owned by
// its HttpConnection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/shared_buffer.hpp"
#include "http/router.hpp"
#include "microframe/http.hpp"
#include "microframe/task.hpp"
#include "net/address.hpp"
#include "proto/http_body.hpp"
#include "proto/http_head.hpp"
#include "ws/authentication.hpp"
#include "ws/http_table.hpp"
#include "ws/loop_context.hpp"

namespace microframe::ws {

// The connection that the requests come by. It outlives the exchange.
class HttpExchangeHost {
 public:
  // The exchange waits, for a limited time: for keys or the AuthManager, or for the body. After that
  // time pass_deadline() is called.
  virtual void await(std::chrono::milliseconds limit) = 0;
  // The handler runs on: there is no limit of time.
  virtual void await_handler() = 0;
  // Calls `task` in a turn of the connection.
  virtual void in_turn(const std::function<void()>& task) = 0;
  // Sends what comes before the answer (RFC 9110 §15.2.1).
  virtual void send_interim(std::string_view bytes) = 0;
  // Sends the answer, and the end of the stream behind it unless keep_alive. The exchange is over, and
  // may begin with another request.
  virtual void send_answer(base::SharedBuffer bytes, bool keep_alive) = 0;
  // Counts and logs a refusal, and sends it and the end of the stream. The exchange is over.
  virtual void reject(guard::Rejection why, unsigned status, std::string_view detail,
                      std::string_view fields) = 0;
  // What was waited for has come and was dealt with: there may be more to read. The exchange may be
  // gone after.
  virtual void read_on() = 0;
  // Whom the request comes from.
  virtual const net::PeerAddress& client() const = 0;

 protected:
  ~HttpExchangeHost() = default;
};

class HttpExchange final : private AuthenticationHost {
 public:
  HttpExchange(LoopContext& context, HttpExchangeHost& host) : context_(context), host_(host) {}

  struct Beginning {
    const proto::RequestHead& head;
    std::string_view text;  // of the head, which `head` shows
    const HttpRoute& route;
    http::Router::Parameters parameters;
    bool by_tls;  // whether the request came by TLS
  };
  // Begins with a request. What is referred to, but for the route, is good until this returns.
  void begin(Beginning beginning);
  // Takes what is the body's at the front of `bytes`.
  // returns: how many bytes were.
  std::size_t read(std::string_view bytes);
  void pass_deadline();

  // Whether the body is read now.
  bool is_reading() const { return stage_ == Stage::body; }
  // Whether a handler runs that waits for something.
  bool is_handling() const { return stage_ == Stage::handler; }

 private:
  enum class Stage : std::uint8_t {
    none,
    // In this order.
    token,
    key,
    user,
    body,
    handler,
  };

  // AuthenticationHost
  bool begin_wait() override;
  bool is_waiting() const override { return stage_ == Stage::key || stage_ == Stage::user; }
  void in_turn(const std::function<void()>& task) override { host_.in_turn(task); }
  void go_on(Then then) override;
  void refuse(const authx::Refused& refused) override;
  void reject(guard::Rejection why, unsigned status, std::string_view detail,
              std::string_view fields) override;

  bool check(const proto::RequestHead& head);
  void take_head(Beginning& beginning);
  Then find_token(const proto::RequestHead& head, bool by_tls);
  void take_steps(Then then);
  void begin_body();
  void run();
  static void ended(void* self);
  // Runs `handler`.
  // returns: its response, or the one to what it threw.
  template <class Handler>
  HttpResponse outcome(Handler&& handler);
  HttpResponse failed(std::string_view what);
  void answer(const HttpResponse& response);

  LoopContext& context_;
  HttpExchangeHost& host_;
  const HttpRoute* route_ = nullptr;
  Stage stage_ = Stage::none;
  bool expects_continue_ = false;
  bool keeps_alive_ = false;
  bool has_waited_ = false;  // for who sent it
  proto::BodyLength length_;
  std::optional<Authentication> authentication_;
  std::optional<proto::BodyReader> body_;
  detail::HttpRequestParts parts_;  // of the request, until it is whole
  std::optional<HttpRequest> request_;
  Task<HttpResponse> task_;
};

}  // namespace microframe::ws
