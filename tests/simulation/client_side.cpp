#include "simulation/client_side.hpp"

#include <utility>

namespace microframe::simulation {
namespace {

using proto::CloseCode;
using proto::Event;
using proto::Opcode;

constexpr const char* kCharacters[] = {"a", "Z", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};

proto::ClientRequest make_request(const Pass& pass) {
  proto::ClientRequest request;
  request.host = "app.example";
  request.target = "/ws" + pass.query;
  request.key = "dGhlIHNhbXBsZSBub25jZQ==";
  request.subprotocols = pass.subprotocols;
  request.fields = pass.fields;
  return request;
}

std::string too_many_fragments() {
  const std::string rest("\0\x80\0\0\0\0", 6);
  std::string frames = rest;
  frames.front() = '\x02';
  for (std::size_t i = 0; i < kServerFragmentsMax; ++i) frames += rest;
  return frames;
}

}  // namespace

ClientSide::ClientSide(Scene& scene, unsigned id, Pass pass, Wire& in, Wire& out)
    : scene_(scene),
      id_(id),
      pass_(std::move(pass)),
      out_(out),
      request_(make_request(pass_)),
      scanner_(proto::HeadLimits{}),
      speaker_(proto::Role::client, proto::ConnectionLimits{2048, 4}, in, out, scene.random) {
  out_.push(base::as_bytes(proto::make_request(request_)));
}

// --- in ---

void ClientSide::read(base::MutableBytes bytes) {
  if (phase_ == Phase::ended) return;
  if (phase_ == Phase::handshaking && !read_head(bytes)) return;
  speaker_.read(bytes, [this](const Event& event) { handle(event); });
}

bool ClientSide::read_head(base::MutableBytes& bytes) {
  if (status_ != 0) return false;  // the body of a refusal
  head_.insert(head_.end(), bytes.begin(), bytes.end());
  const auto end = scanner_.scan(head_);
  require(end.ok(), [] { return "the answer's head is bad"; });
  if (!*end) return false;
  const auto head =
      proto::parse_response_head(base::as_text(head_).substr(0, **end), proto::HeadLimits{});
  require(head.ok(), [] { return "the answer's head is bad"; });
  status_ = head->status;
  if (status_ != 101) {
    require(status_ == 403 && pass_.forbidden, [] { return "refused by HTTP"; });
    return false;
  }
  require(!pass_.forbidden, [] { return "a foreign origin got in"; });
  const auto accepted = proto::check_response(*head, request_);
  require(accepted.ok(), [&] { return "handshake: " + accepted.error(); });
  phase_ = Phase::open;
  bytes = base::MutableBytes(head_).subspan(**end);
  return true;
}

void ClientSide::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::ping:
      if (phase_ == Phase::open) speaker_.send_pong(base::as_text(event.payload));
      return;
    case Event::Kind::close:
      return close(event.code, {});
    case Event::Kind::failed:
      require(false, [] { return "the server broke the protocol"; });
      return;
    default:
      return;
  }
}

void ClientSide::read_end() {
  phase_ = Phase::ended;
  out_.finish();
}

// --- out ---

std::string ClientSide::command() {
  Random& random = scene_.random;
  const std::string& room = random.pick(scene_.shadow.rooms());
  const std::string& user = random.pick(scene_.shadow.users());
  const char* const left_out[] = {"", "", "me", user.c_str()};
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
      return "join|" + room + "|";
    case 3:
      return "leave|" + room + "|";
    case 4:
      return "join_user|" + user + "|" + room + "|";
    case 5:
      return "leave_user|" + user + "|" + room + "|";
    case 6:
    case 7:
    case 8:
    case 9:
      return "room|" + room + "|" + left_out[random.below(4)] + "|";
    case 10:
    case 11:
      return "user|" + user + "|";
    case 12:
    case 13:
      return "all||" + std::string(left_out[random.below(4)]) + "|";
    case 14:
      if (random.percent(70)) return "all|||";
      return "token|" + make_token(random.percent(80) ? pass_.user : user, scene_.now_ms, 5) + "|";
    default:
      return random.percent(5) ? "bye||" : "room|" + room + "||";
  }
}

// Whole, or in fragments that cut characters as they please.
void ClientSide::begin_message() {
  Random& random = scene_.random;
  binary_ = random.percent(10);
  message_ = binary_ ? std::string(random.below(kServerMessageBytesMax + 1), '\xFF') : command();
  for (std::size_t i = random.below(random.percent(20) ? 60 : 4); i > 0 && !binary_; --i)
    message_ += kCharacters[random.below(5)];
  if (random.percent(70)) return speaker_.send_message(binary_, message_);
  const std::size_t count = 1 + random.below(kServerFragmentsMax);
  std::size_t from = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const std::size_t size =
        last ? message_.size() - from : random.below(message_.size() - from + 1);
    const Opcode opcode = i != 0 ? Opcode::continuation : binary_ ? Opcode::binary : Opcode::text;
    fragments_.push_back({opcode, last, message_.substr(from, size)});
    from += size;
  }
  send_next_fragment();
}

void ClientSide::send_next_fragment() {
  const Fragment& next = fragments_.front();
  speaker_.send_fragment(next.opcode, next.fin, next.piece);
  if (next.fin) speaker_.expect_message(binary_, message_);
  fragments_.pop_front();
}

void ClientSide::act() {
  if (phase_ != Phase::open) return;
  Random& random = scene_.random;
  const std::size_t what = random.below(100);
  if (what < 5) return speaker_.send_ping(std::string(random.below(126), 'p'));
  if (what < 8) return speaker_.send_pong(std::string(random.below(126), 'q'));
  if (what < 10) return send_something_wrong();
  if (what < 11) return leave();
  if (!fragments_.empty()) return send_next_fragment();
  begin_message();
}

// Each rule that a frame can break, with the code it is answered by. Not masked where that is the
// rule, or where nothing of the payload is looked at.
void ClientSide::send_something_wrong() {
  using namespace std::string_literals;
  scene_.trace([&] { return "#" + std::to_string(id_) + " breaks the protocol"; });
  const std::string mask(4, '\0');
  const std::pair<std::string, CloseCode> anytime[] = {
      {"\xC1\x80"s, CloseCode::protocol_error},                      // RSV1
      {"\x83\x80"s, CloseCode::protocol_error},                      // an unknown opcode
      {"\x89\x01x"s, CloseCode::protocol_error},                     // not masked
      {"\x09\x80"s, CloseCode::protocol_error},                      // a fragmented ping
      {"\x89\xFE"s, CloseCode::protocol_error},                      // a ping over 125 bytes
      {"\x82\xFE\0\x05"s, CloseCode::protocol_error},                // a length that is not minimal
      {"\x88\x81"s + mask + "x", CloseCode::protocol_error},         // a Close of one byte
      {"\x88\x82"s + mask + "\x03\xEE", CloseCode::protocol_error},  // Close 1006
      {"\x88\x83"s + mask + "\x03\xE8\xFF",
       CloseCode::invalid_payload},  // a reason that is no text
  };
  const std::pair<std::string, CloseCode> between[] = {
      {"\x80\x80"s + mask, CloseCode::protocol_error},  // a continuation of nothing
      {"\x82\xFF\0\0\0\0\0\x10\0\0"s + mask, CloseCode::message_too_big},
      {"\x81\x82"s + mask + "\xC3(", CloseCode::invalid_payload},
      {"\x01\x82"s + mask + "a\xC3" + "\x80\x81"s + mask + "(", CloseCode::invalid_payload},
      {"\x81\x81"s + mask + "\xE2", CloseCode::invalid_payload},
      {too_many_fragments(), CloseCode::policy_violation},
  };
  const std::pair<std::string, CloseCode> inside[] = {
      {"\x81\x80"s + mask, CloseCode::protocol_error},  // a message inside a message
      {"\x02\x80"s + mask, CloseCode::protocol_error},
  };
  Random& random = scene_.random;
  const bool any = random.percent(50);
  const bool begun = !fragments_.empty();
  const auto& chosen = any     ? random.pick(anytime)
                       : begun ? random.pick(inside)
                               : random.pick(between);
  speaker_.send_wrong(chosen.first, chosen.second);
}

void ClientSide::leave() {
  if (phase_ == Phase::ended) return;
  scene_.trace([&] { return "#" + std::to_string(id_) + " goes"; });
  Random& random = scene_.random;
  if (phase_ == Phase::handshaking || random.percent(20)) return out_.finish();  // without a word
  constexpr CloseCode kCodes[] = {CloseCode::normal, CloseCode::going_away, CloseCode::no_status,
                                  static_cast<CloseCode>(4000)};
  close(kCodes[random.below(4)], random.percent(50) ? "bye" : "");
}

void ClientSide::close(CloseCode code, std::string_view reason) {
  speaker_.send_close(code, reason);
  phase_ = Phase::closing;
}

void ClientSide::check_ended() const {
  require(phase_ == Phase::ended, [] { return "a client never ended"; });
  require(speaker_.closes_read() == 0 || speaker_.closes_sent() == 1,
          [] { return "the client did not answer a Close"; });
}

}  // namespace microframe::simulation
