#include "simulation/session.hpp"

#include <utility>

namespace microframe::simulation {

using proto::CloseCode;
using proto::Event;

Session::Session(Scene& scene, unsigned id, std::size_t loop, Pass pass)
    : scene_(scene),
      id_(id),
      loop_(loop),
      client_(scene, id, std::move(pass), down_, up_),
      scanner_(proto::HeadLimits{}) {}

void Session::arrive_down() {
  if (down_.has_bytes()) {
    auto bytes = down_.take(scene_.random);
    client_.read(bytes);
  } else {
    down_.take_end();
    client_.read_end();
  }
}

void Session::arrive_up() {
  loop().on([this] {
    if (up_.has_bytes()) {
      auto bytes = up_.take(scene_.random);
      if (server_) return server_->read(bytes);
      if (!answered_) read_request(bytes);
    } else {
      up_.take_end();
      if (server_) return server_->read_end();
      answered_ = true;
      down_.finish();
    }
  });
}

void Session::reset() {
  scene_.trace([&] { return "#" + std::to_string(id_) + " is cut by the network"; });
  up_.reset();
  down_.reset();
}

// --- the door ---

void Session::read_request(base::MutableBytes bytes) {
  head_.insert(head_.end(), bytes.begin(), bytes.end());
  const auto end = scanner_.scan(head_);
  require(end.ok(), [] { return "a good request's head is refused"; });
  if (!*end) return;
  answered_ = true;
  const auto head =
      proto::parse_request_head(base::as_text(head_).substr(0, **end), proto::HeadLimits{});
  require(head.ok(), [] { return "a good request's head is refused"; });
  const auto request = proto::check_upgrade(*head);
  require(request.ok(), [] { return "a good handshake is refused"; });
  authx::Presented presented;
  presented.query = head->query;
  presented.cookies = head->all("cookie");
  presented.authorization = head->find("authorization").value_or(std::string_view{});
  presented.subprotocols = request->subprotocols;
  presented.origin = head->find("origin");
  presented.host = head->find("host").value_or(std::string_view{});
  const auto identity = authenticator().authenticate(presented, at(scene_.now_ms));
  check_pass(identity);
  if (!identity) return refuse(identity.error(), request->key);
  admit(identity->claims, request->key, base::MutableBytes(head_).subspan(**end));
}

// Exactly the sound passes get in, as who they name, for as long as they say.
void Session::check_pass(const base::Result<authx::Identity, authx::Refused>& identity) const {
  const Pass& pass = client_.pass();
  auto verdict = Pass::Verdict::admitted;
  if (!identity) {
    const bool forbidden = identity.error().kind == authx::Refused::Kind::forbidden_origin;
    verdict = forbidden ? Pass::Verdict::forbidden : Pass::Verdict::refused;
  }
  require(verdict == pass.verdict(scene_.now_ms), [&] {
    return "the door is wrong about #" + std::to_string(id_) +
           (identity ? std::string() : ": " + identity.error().detail);
  });
  if (!identity) return;
  require(identity->user() == pass.user, [] { return "another user got in"; });
  require(identity->claims.expires == at(pass.expires_ms), [] { return "another end got in"; });
}

void Session::refuse(const authx::Refused& refused, std::string_view key) {
  scene_.trace([&] { return "#" + std::to_string(id_) + " is refused: " + refused.detail; });
  if (refused.kind == authx::Refused::Kind::forbidden_origin) {
    down_.push(base::as_bytes(proto::refusal_response(403, {}, refused.detail)));
    return down_.finish();
  }
  // As a server does that browsers must understand: upgrade, one error, Close.
  constexpr std::string_view kError = R"({"error":"unauthorized"})";
  down_.push(base::as_bytes(proto::accept_response(key, {})));
  down_.push(proto::encode_message(false, base::as_bytes(kError)).bytes());
  down_.expect({Event::Kind::message, false, std::string(kError), CloseCode::no_status});
  down_.push(proto::close_frame(CloseCode::unauthenticated, "unauthorized").bytes());
  down_.expect({Event::Kind::close, false, "unauthorized", CloseCode::unauthenticated});
  down_.finish();
}

void Session::admit(const authx::Claims& claims, std::string_view key, base::MutableBytes early) {
  down_.push(base::as_bytes(proto::accept_response(key, {})));
  server_ = base::Ref<ServerSide>(new ServerSide(scene_, id_, loop_, claims, up_, down_));
  server_->open(early);
}

void Session::check_ended() const {
  client_.check_ended();
  if (server_) server_->check_ended();
}

}  // namespace microframe::simulation
