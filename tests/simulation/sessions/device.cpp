#include "simulation/sessions/device.hpp"

#include <utility>
#include <variant>

#include "simulation/sessions/server.hpp"
#include "v1/names.hpp"

namespace microframe::simulation::sessions {
namespace {

using Kind = Link::Item::Kind;

constexpr std::uint64_t kLongMs = 600'000;

v1::ClientSession::Options options() {
  v1::ClientSession::Options options;
  options.queue = {12, 1500};  // small enough to be full
  return options;
}

}  // namespace

Device::Device(Scene& scene, unsigned number, std::string user)
    : scene_(scene),
      user_(std::move(user)),
      name_(user_ + '/' + std::to_string(number)),
      session_(options()),
      rooms_(scene, name_, user_, session_.name()) {}

void Device::connect() {
  session_.connect(scene_.now_ms);
  pump();
}

void Device::close() {
  session_.close(1000, "bye");
  pump();
}

// --- the application ---

void Device::act() {
  Random& random = scene_.random;
  if (is_over()) {
    if (random.percent(50)) connect();
    return;
  }
  const std::size_t what = random.below(100);
  if (what < 25 && token_wanted_) {
    if (random.percent(90)) {
      give_token(some_life_ms());
    } else {
      token_wanted_ = false;
      session_.token_failed("as it happens", scene_.now_ms, chance());
    }
  } else if (what < 30 && !unanswered_.empty()) {
    give_answer();
  } else if (what < 70) {
    send_something();
  } else if (what < 97) {
    join_or_leave(random.pick(House::rooms()));
  } else if (what < 98) {
    const unsigned number = scene_.ledger.ask(Ledger::Kind::wish);
    const std::string token =
        random.percent(80) ? make_token(user_, scene_.now_ms + some_life_ms()) : "of-nobody|1";
    session_.refresh(number, token, std::nullopt, scene_.now_ms);
  } else if (random.percent(30)) {
    session_.close(random.percent(70) ? 1000 : 4000, "enough");
  }
  pump();
}

bool Device::give_what_is_owed() {
  if (!token_wanted_ && unanswered_.empty()) return false;
  if (token_wanted_) give_token(kLongMs);
  while (!unanswered_.empty()) give_answer();
  pump();
  return true;
}

std::uint64_t Device::some_life_ms() {
  return scene_.random.percent(70) ? kLongMs : scene_.random.below(8000);
}

void Device::give_token(std::uint64_t good_for_ms) {
  token_wanted_ = false;
  std::optional<std::uint64_t> known;
  if (scene_.random.percent(50)) known = good_for_ms;
  session_.token(make_token(user_, scene_.now_ms + good_for_ms), known, scene_.now_ms);
}

void Device::give_answer() {
  const v1::TellMessage message = std::move(unanswered_.back());
  unanswered_.pop_back();
  const Json reply = "yes";
  if (scene_.random.percent(80))
    return session_.answer(message, scene_.random.percent(50) ? &reply : nullptr);
  session_.answer_error(message, "failed", "as it happens");
}

void Device::send_something() {
  Random& random = scene_.random;
  static const char* const verbs[] = {"say",  "say", "say", "say",    "say",
                                      "meta", "in",  "out", "nothing"};
  static const char* const whom[] = {"", "", "me", "ann", "bea"};
  const bool is_post = random.percent(5);
  const unsigned number = is_post ? 0 : scene_.ledger.ask(Ledger::Kind::message);
  if (!is_post && random.percent(5))
    return session_.send_binary(number, std::to_string(number), scene_.now_ms);
  const char* verb = random.percent(3) ? (random.percent(50) ? "err" : "fail") : random.pick(verbs);
  std::string json = R"({"n":)" + std::to_string(number) + R"(,"do":")" + verb + R"(","room":")" +
                     House::rooms()[random.below(4)] + R"(","not":")" + random.pick(whom) + R"("})";
  if (is_post) return session_.post(json, scene_.now_ms);
  session_.send(number, std::move(json), scene_.now_ms);
}

void Device::join_or_leave(const std::string& room) {
  Random& random = scene_.random;
  const bool in = rooms_.is_in(room);
  if (in && random.percent(60)) return;
  if (rooms_.is_joining(room)) return;
  if (in || random.percent(5)) {
    const unsigned number = scene_.ledger.ask(Ledger::Kind::wish);
    rooms_.begin_leave(room, number);
    return session_.leave(number, room, scene_.now_ms);
  }
  v1::ClientSession::Entry entry;
  entry.room = room;
  const base::Since* bookmark = rooms_.bookmark(room);
  if (bookmark && random.percent(60)) {
    entry.since = *bookmark;
  } else if (random.percent(30)) {
    entry.last = 1 + random.below(4);
  }
  const unsigned number = scene_.ledger.ask(Ledger::Kind::wish);
  rooms_.begin_join(room, number, entry.since ? &*entry.since : nullptr, entry.last);
  session_.join(number, std::move(entry), scene_.now_ms);
}

// --- the connection ---

void Device::arrive() {
  const base::Ref<Link> link = link_;
  const Link::Item item = link->take_down();
  if (item.count != 0 && !closes_) {
    // Counted frames come once and in order, whatever connections they take.
    require(item.count == received_ + 1, [&] {
      return name_ + " receives frame " + std::to_string(item.count) + " of " + session_.name() +
             " after " + std::to_string(received_);
    });
    ++received_;
  }
  switch (item.kind) {
    case Kind::accepted:
      session_.opened(item.bytes, scene_.now_ms);
      break;
    case Kind::text:
      session_.text(item.bytes, scene_.now_ms);
      break;
    case Kind::binary:
      session_.binary(base::as_bytes(item.bytes), scene_.now_ms);
      break;
    case Kind::refused:
    case Kind::close:
    case Kind::end: {
      link_ = {};
      v1::ConnectionEnd end(item.kind == Kind::close ? item.code : 1006, item.bytes);
      if (item.kind == Kind::refused) end.status = item.code;
      link->drop();
      session_.ended(end, scene_.now_ms, chance());
      break;
    }
    case Kind::request:
      break;
  }
  pump();
}

void Device::check_deadline() {
  const auto deadline = session_.deadline_ms();
  if (!deadline || *deadline > scene_.now_ms) return;
  session_.on_deadline(scene_.now_ms, chance());
  pump();
}

void Device::pump() {
  for (auto actions = session_.take_actions(); !actions.empty();
       actions = session_.take_actions()) {
    for (auto& action : actions) std::visit([this](auto& one) { perform(one); }, action);
  }
}

// --- what the session has it do ---

void Device::perform(const v1::FetchToken&) {
  // A token that does not come is asked for again.
  require(!token_wanted_ ||
              scene_.now_ms >= token_wanted_at_ms_ + v1::ClientSession::Options().token_ms,
          [&] { return name_ + " asks for two tokens at once"; });
  token_wanted_ = true;
  token_wanted_at_ms_ = scene_.now_ms;
}

void Device::perform(v1::OpenConnection& open) {
  require(!link_, [&] { return name_ + " wants two connections at once"; });
  require(open.subprotocols.front() == v1::kSubprotocol,
          [] { return "another subprotocol is offered"; });
  std::optional<v1::ResumeOffer> offer;
  if (open.subprotocols.size() == 2) offer = v1::parse_resume(open.subprotocols.back());
  require(offer.has_value() == (open.subprotocols.size() == 2),
          [] { return "the offer is no offer"; });
  require(!offer || offer->received == received_, [&] { return name_ + " has counted wrong"; });
  closes_ = false;
  link_ = base::Ref<Link>(
      new Link(open.token, std::move(offer), scene_.random.below(scene_.loops.size())));
}

void Device::perform(v1::Transmit& frame) {
  require(static_cast<bool>(link_), [&] { return name_ + " sends without a connection"; });
  // As a client does that is not sure: a repeat is ignored.
  if (scene_.random.percent(3))
    link_->push_up({frame.binary ? Link::Item::Kind::binary : Link::Item::Kind::text, frame.bytes});
  link_->push_up(
      {frame.binary ? Link::Item::Kind::binary : Link::Item::Kind::text, std::move(frame.bytes)});
}

void Device::perform(v1::CloseConnection& close) {
  require(static_cast<bool>(link_), [&] { return name_ + " closes no connection"; });
  closes_ = true;
  link_->push_up({Link::Item::Kind::close, std::move(close.reason), close.code});
}

void Device::perform(const v1::DropConnection&) {
  require(static_cast<bool>(link_), [&] { return name_ + " drops no connection"; });
  std::exchange(link_, {})->drop();
}

// --- what the application is told ---

void Device::perform(const v1::Settle& settle) {
  const auto number = static_cast<unsigned>(settle.ticket);
  scene_.trace(
      [&] { return name_ + " is told " + std::to_string(number) + " \"" + settle.code + "\""; });
  scene_.ledger.settle(number, settle.code);
  rooms_.settled(number, settle.code);
}

void Device::perform(const v1::TellMessage& message) {
  const auto* members = message.data.if_object();
  const Json* asked = members ? members->if_contains("ask") : nullptr;
  if (!asked) return rooms_.heard(message);
  scene_.ledger.handle(asked->to_number<unsigned>());
  unanswered_.push_back(message);
  if (scene_.random.percent(50)) give_answer();
}

void Device::perform(const ClientStatus& status) {
  if (status.state == ClientState::closed) {
    rooms_.end();
    received_ = 0;
  }
  if (status.state != ClientState::open || status.resumed) return;
  scene_.trace([&] { return name_ + " has session " + status.session; });
  received_ = 0;
  rooms_.lose_session();
}

// A server that keeps to the protocol refuses no frame, and nor do we.
void Device::perform(const v1::TellProblem& problem) {
  require(problem.code == "no_token" || problem.code == "failed" || problem.code == "bad_message",
          [&] { return name_ + " has a problem: " + problem.code + " " + problem.message; });
}

}  // namespace microframe::simulation::sessions
