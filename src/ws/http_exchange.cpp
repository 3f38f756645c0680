#include "ws/http_exchange.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/ascii.hpp"
#include "base/json_error.hpp"
#include "base/log.hpp"
#include "http/answer.hpp"
#include "microframe/authx.hpp"
#include "microframe/detail/activity.hpp"

namespace microframe::ws {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kBearer = "WWW-Authenticate: Bearer\r\n";

// Methods that change nothing (RFC 9110 §9.2.1).
bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

// A view into `from`, as one into its copy at `to`.
std::string_view moved(std::string_view view, std::string_view from, const char* to) {
  if (view.empty()) return {};
  return {to + (view.data() - from.data()), view.size()};
}

HttpResponse error(unsigned status, std::string_view word) {
  return HttpResponse::json(Json{{"error", word}}, status);
}

HttpResponse bad_message(std::string_view detail) {
  return HttpResponse::json(Json{{"error", "bad_message"}, {"detail", detail}}, 400);
}

// The exception's words are for the log, not for the client.
HttpResponse refused_by(const authx::AuthException& exception) {
  constexpr unsigned kUnauthorized = 401;
  HttpResponse response =
      error(exception.status(),
            exception.status() == kUnauthorized ? authx::Refused::kWord : "not_found");
  if (exception.status() == kUnauthorized) response.field("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

// --- head ---

void HttpExchange::begin(Beginning beginning) {
  route_ = &beginning.route;
  if (!check(beginning.head)) return;
  take_head(beginning);
  if (!route_->access) return begin_body();
  AuthenticationHost& host = *this;
  authentication_.emplace(context_, host, *route_->access);
  stage_ = Stage::token;
  has_waited_ = false;
  take_steps(find_token(beginning.head, beginning.by_tls));
}

// Whatever can be said of a body before it comes is said before.
bool HttpExchange::check(const proto::RequestHead& head) {
  const auto expected = head.find("expect");
  expects_continue_ = expected && !head.is_http_1_0;
  length_ = head.body;
  keeps_alive_ = head.keeps_alive();
  if (expected && !base::equal_without_case(*expected, "100-continue")) {  // RFC 9110 §10.1.1
    reject(guard::Rejection::bad_request, 417, "Expect", {});
    return false;
  }
  if (length_.bytes <= context_.limits().body_bytes_max) return true;
  reject(guard::Rejection::body_too_large, 413, "body too large", {});
  return false;
}

// The head lies in the loop's buffer, and a handler may wait: the request has a copy.
void HttpExchange::take_head(Beginning& beginning) {
  const proto::RequestHead& head = beginning.head;
  const std::string_view text = beginning.text;
  parts_.head.assign(text.begin(), text.end());
  const char* const copy = parts_.head.data();
  parts_.method = moved(head.method, text, copy);
  parts_.path = moved(head.path, text, copy);
  parts_.query = moved(head.query, text, copy);
  parts_.fields.reserve(head.fields.size());
  for (const proto::HeadField& field : head.fields)
    parts_.fields.push_back({moved(field.name, text, copy), moved(field.value, text, copy)});
  parts_.parameters = std::move(beginning.parameters);
  parts_.remote_address = net::to_string(host_.client());
  parts_.secure = beginning.by_tls;
}

// --- who sent it ---

Then HttpExchange::find_token(const proto::RequestHead& head, bool by_tls) {
  authx::Presented presented;
  presented.query = head.query;
  presented.cookies = head.all("cookie");
  presented.authorization = head.find("authorization").value_or(std::string_view{});
  presented.origin = head.find("origin");
  presented.host = head.find("host").value_or(std::string_view{});
  if (by_tls) presented.by = authx::Transport::tls;
  if (is_safe(head.method)) presented.purpose = authx::Purpose::reads;
  return authentication_->choose(presented);
}

void HttpExchange::take_steps(Then then) {
  while (then == Then::next) {
    stage_ = static_cast<Stage>(static_cast<int>(stage_) + 1);
    if (stage_ == Stage::body) {
      parts_.claims = std::move(authentication_->claims());
      parts_.authorized_user = authentication_->take_user();
      authentication_.reset();
      return begin_body();
    }
    then = stage_ == Stage::key ? authentication_->judge() : authentication_->look_up_user();
  }
}

bool HttpExchange::begin_wait() {
  if (!std::exchange(has_waited_, true)) host_.await(context_.limits().auth_time);
  return true;
}

void HttpExchange::go_on(Then then) {
  take_steps(then);
  host_.read_on();
}

void HttpExchange::refuse(const authx::Refused& refused) {
  if (refused.kind == authx::Refused::Kind::forbidden_origin)
    return reject(guard::Rejection::forbidden_origin, 403, refused.detail, {});
  reject(guard::Rejection::unauthenticated, 401, refused.detail, kBearer);
}

void HttpExchange::reject(guard::Rejection why, unsigned status, std::string_view detail,
                          std::string_view fields) {
  stage_ = Stage::none;
  host_.reject(why, status, detail, fields);
}

void HttpExchange::pass_deadline() {
  if (stage_ == Stage::body)
    return reject(guard::Rejection::body_timeout, 408, "the body did not come in time", {});
  authentication_->give_up();
}

// --- body ---

void HttpExchange::begin_body() {
  const Limits& limits = context_.limits();
  proto::BodyLimits body_limits;
  body_limits.bytes_max = limits.body_bytes_max;
  body_limits.trailer.bytes_max = limits.head_bytes_max;
  body_limits.trailer.fields_max = limits.head_fields_max;
  body_.emplace(length_, body_limits);
  if (body_->is_done()) return run();
  stage_ = Stage::body;
  host_.await(limits.body_time);
  if (expects_continue_) host_.send_interim(kContinue);
}

std::size_t HttpExchange::read(std::string_view bytes) {
  const auto read = body_->read(bytes, parts_.body);
  if (!read) {
    const proto::HeadError& refusal = read.error();
    reject(refusal.status == 413 ? guard::Rejection::body_too_large : guard::Rejection::bad_request,
           refusal.status, refusal.reason, {});
    return bytes.size();
  }
  if (body_->is_done()) run();
  return *read;
}

// --- handler ---

void HttpExchange::run() {
  body_.reset();
  stage_ = Stage::handler;
  request_.emplace(std::exchange(parts_, {}));
  const detail::HttpHandler& handler = route_->handler;
  const detail::ActivitySign::Scope shown(context_.loop.activity(),
                                          {"HTTP handler", route_->path.c_str()});
  if (handler.now) return answer(outcome([&] { return handler.now(*request_); }));
  bool waits = false;
  const auto started = [&] {
    task_ = handler.later(*request_);
    waits = !task_.start(&HttpExchange::ended, this);
    return waits ? HttpResponse() : task_.result();
  };
  const HttpResponse response = outcome(started);
  if (waits) return host_.await_handler();
  answer(response);
}

// Called by the last breath of a handler's coroutine.
void HttpExchange::ended(void* self) {
  auto& exchange = *static_cast<HttpExchange*>(self);
  exchange.host_.in_turn([&exchange] {
    exchange.answer(exchange.outcome([&exchange] { return exchange.task_.result(); }));
    exchange.host_.read_on();
  });
}

template <class Handler>
HttpResponse HttpExchange::outcome(Handler&& handler) {
  try {
    return handler();
  } catch (const BadMessage& bad) {
    return bad_message(bad.what());
  } catch (const authx::AuthException& refused) {
    return refused_by(refused);
  } catch (const std::exception& thrown) {
    if (const auto words = base::words_of_json_error(thrown)) return bad_message(*words);
    return failed(thrown.what());
  } catch (...) {
    return failed("an exception that is no std::exception");
  }
}

HttpResponse HttpExchange::failed(std::string_view what) {
  base::log::error("HTTP handler threw", {{"method", request_->method()},
                                          {"path", route_->path},
                                          {"user", request_->user()},
                                          {"what", what}});
  context_.counts.rejections.add(guard::Rejection::hook_failed, request_->remote_address(),
                                 route_->path);
  return error(500, "internal_error");
}

void HttpExchange::answer(const HttpResponse& response) {
  http::AnswerForm form;
  form.head_only = request_->method() == "HEAD";
  form.keep_alive = keeps_alive_ && !context_.roster.is_closing();
  form.date = context_.date.at(context_.loop.now_ms());
  base::SharedBuffer bytes = http::to_bytes(response, form);
  context_.streams.traffic.requests.add(1);
  stage_ = Stage::none;
  task_ = {};
  request_.reset();
  host_.send_answer(std::move(bytes), form.keep_alive);
}

}  // namespace microframe::ws
