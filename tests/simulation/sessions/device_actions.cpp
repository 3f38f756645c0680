#include <utility>
#include <variant>

#include "simulation/sessions/device.hpp"
#include "v1/names.hpp"

namespace microframe::simulation::sessions {

void Device::pump() {
  for (auto actions = session_.take_actions(); !actions.empty();
       actions = session_.take_actions()) {
    for (auto& action : actions) std::visit([this](auto& one) { perform(one); }, action);
  }
}

// --- to the outside ---

void Device::perform(const v1::FetchToken&) {
  require(!token_wanted_, [&] { return name_ + " asks for two tokens at once"; });
  token_wanted_ = true;
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

// --- to the application ---

void Device::perform(const v1::Settle& settle) {
  const auto number = static_cast<unsigned>(settle.ticket);
  scene_.trace(
      [&] { return name_ + " is told " + std::to_string(number) + " \"" + settle.code + "\""; });
  scene_.ledger.settle(number, settle.code);
  std::erase_if(joins_, [&](const auto& join) { return join.second.number == number; });
  const auto leave = leaves_.find(number);
  if (leave == leaves_.end()) return;
  // A room that it was only about to enter again may be left without a word, unless it is wanted
  // once more.
  Room& room = rooms_[leave->second];
  const auto join = joins_.find(leave->second);
  const bool joins_since = join != joins_.end() && join->second.number > number;
  if (settle.code.empty() && room.limbo && !joins_since) {
    room = {};
    room.left = true;
  }
  leaves_.erase(leave);
}

void Device::perform(const v1::TellMessage& message) {
  const auto* members = message.data.if_object();
  const Json* asked = members ? members->if_contains("ask") : nullptr;
  if (asked) {
    scene_.ledger.handle(asked->to_number<unsigned>());
    unanswered_.push_back(message);
    if (scene_.random.percent(50)) give_answer();
    return;
  }
  const Json* number = members ? members->if_contains("g") : nullptr;
  require(number && !message.room.empty(), [&] { return name_ + " is told what nobody said"; });
  const Annals::Entry& entry = scene_.annals.of(number->to_number<std::uint64_t>());
  require(entry.room == message.room && entry.offset == message.offset.value_or(0),
          [&] { return name_ + " is told another room or offset"; });
  scene_.trace(
      [&] { return name_ + " hears " + entry.epoch + "#" + std::to_string(entry.offset); });
  Room& room = rooms_[message.room];
  require(room.in && !room.limbo && !room.repeating,
          [&] { return name_ + " hears of " + message.room + " where it is not"; });
  room.view.take(scene_.annals, entry, reader());
}

void Device::perform(const JoinedRoom& joined) {
  scene_.trace([&] {
    const char* recovered = !joined.recovered   ? ""
                            : *joined.recovered ? " recovered"
                                                : " not recovered";
    const std::string place = joined.epoch + "#" + std::to_string(joined.offset.value_or(0));
    return name_ + " is in " + joined.room + " " + place + recovered +
           (joined.again ? " again" : "") + (joined.by_server ? " by the server" : "");
  });
  Room& room = rooms_[joined.room];
  const auto pending = joins_.find(joined.room);
  const bool asks_since = pending != joins_.end() && pending->second.since;
  room.in = true;
  room.left = false;
  const bool was_there = room.repeating;
  // The server has put us in before it has seen our own join, behind whose answer all comes again.
  room.repeating =
      joined.by_server && !joined.again && !joined.recovered && (room.limbo || asks_since);
  if (!room.repeating) {
    begin_view(room, joined);
    if (was_there) room.view.hear_late_ones();
    room.limbo = false;
    room.read_in = session_.name();
  }
}

void Device::begin_view(Room& room, const JoinedRoom& joined) {
  const auto pending = joins_.find(joined.room);
  const bool answers = pending != joins_.end() && !joined.by_server && !room.limbo;
  const std::uint64_t offset = joined.offset.value_or(0);
  if (answers && pending->second.last != 0) return room.view.begin_anywhere();
  if (!joined.recovered.value_or(false)) {
    // Where it was refused and is in all the same, nobody says where it stands.
    const bool nobody_says = joined.epoch.empty() && House::keeps_history(joined.room);
    return nobody_says ? room.view.begin_anywhere() : room.view.begin_at(joined.epoch, offset);
  }
  const auto since = answers ? pending->second.since : room.stood;
  if (!since) return room.view.go_on_after(room.stood_in, offset);
  require(since->epoch == joined.epoch, [&] { return name_ + " recovered another epoch"; });
  room.view.begin_after(*since, offset);
}

void Device::perform(const LeftRoom& left) {
  scene_.trace([&] { return name_ + " has left " + left.room + " " + left.code; });
  Room& room = rooms_[left.room];
  require(room.in || room.left,
          [&] { return name_ + " leaves " + left.room + " where it is not"; });
  if (const auto position = room.view.position(room.read_in);
      position && !room.repeating && !room.limbo)
    bookmarks_[left.room] = *position;
  Room next;
  // The join made anew may still be answered, and with what follows where it stood.
  if (room.limbo) {
    next.stood = std::move(room.stood);
    next.stood_in = std::move(room.stood_in);
  }
  room = std::move(next);
}

void Device::perform(const v1::TellPresence& change) {
  const Room& room = rooms_[change.room];
  require(room.in && (!room.limbo || room.repeating),
          [&] { return name_ + " is told who is where it is not"; });
}

void Device::perform(const ClientStatus& status) {
  if (status.state == ClientState::closed) {
    rooms_.clear();
    received_ = 0;
  }
  if (status.state != ClientState::open || status.resumed) return;
  scene_.trace([&] { return name_ + " has session " + status.session; });
  received_ = 0;
  for (auto& [name, room] : rooms_) {
    if (!room.in || room.limbo) continue;
    room.limbo = true;
    room.stood_in = room.read_in;
    room.stood = room.view.position(room.read_in);
  }
}

// A server that keeps to the protocol refuses no frame, and nor do we.
void Device::perform(const v1::TellProblem& problem) {
  require(problem.code == "no_token" || problem.code == "failed" || problem.code == "bad_message",
          [&] { return name_ + " has a problem: " + problem.code + " " + problem.message; });
}

}  // namespace microframe::simulation::sessions
