#include "ws/mover.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hub/hub.hpp"
#include "ws/counts.hpp"
#include "ws/endpoint.hpp"
#include "ws/session.hpp"

namespace microframe::ws {
namespace {

using std::chrono::milliseconds;

// How long a session takes at most to come from another node.
constexpr milliseconds kLandingTime{2'500};
// How long a message may still come that its client has been told of there.
constexpr milliseconds kPassTime{5'000};
// How long a node that has asked for a session has time to fetch it.
constexpr milliseconds kWatchTime{5'000};

}  // namespace

// --- the session comes ---

void Mover::land(Resumption resumption, const Arrival& arrival) {
  const Limits& limits = context_.limits();
  const auto landing = std::make_shared<Landing>(
      std::move(resumption), arrival,
      Landing::Bounds{limits.session_bytes_max, limits.session_frames_max});
  landing_ = landing;
  hub::Hub& hub = host_.endpoint().hub();
  if (const auto oldest = hub.add(host_.member())) oldest->evict();
  hub.suspend(host_.member());
  for (const std::string& room : arrival.from.rooms) landing->wait_for(room);
  host_.after(kLandingTime, [this, weak = std::weak_ptr<Landing>(landing)] {
    if (!weak.expired() && is_landing()) give_up();
  });
  for (const std::string& room : arrival.from.rooms) {
    if (!in_room(hub.join(host_.member(), room))) landing->seated(room);
  }
  if (landing->is_seated()) seated();
}

// A step of a landing that is gone does nothing: neither its connection nor its loop need be there any
// more.
std::function<void(std::function<void()>)> Mover::turns() {
  return [this, &context = context_,
          weak = std::weak_ptr<Landing>(landing_)](std::function<void()> step) {
    context.post([this, weak, step = std::move(step)] {
      const auto landing = weak.lock();
      if (landing && !landing->is_over()) host_.run_turn(step);
    });
  };
}

void Mover::joined(const hub::Joined& joined) {
  if (landing_->stage() == Landing::Stage::taking_over) return host_.moving().took_over(joined);
  if (landing_->seated(joined.room)) turns()([this] { seated(); });
}

void Mover::seated() {
  if (landing_->asks()) return;
  host_.endpoint().moves()->when_known([this, turns = turns()] { turns([this] { known(); }); });
}

void Mover::known() {
  const Arrival& arrival = landing_->arrival();
  Moves* const moves = host_.endpoint().moves();
  const std::uint64_t number = moves->fetch(
      arrival.from.node, arrival.wanted,
      [this, turns = turns()](Departure::End end, const std::optional<SessionExport>& session) {
        turns([this, end, session] { fetched(end, session); });
      });
  context_.loop.after(kLandingTime, [moves, number] { moves->forget(number); });
}

void Mover::fetched(Departure::End end, const std::optional<SessionExport>& session) {
  const bool was_there = !landing_->arrival().from.node.empty();
  if (!session && end == Departure::End::none && was_there) return seek_again();
  if (!session || !landing_->is_whole()) return give_up(end);
  host_.moving().arrive(base::Ref<const base::RefCounted>(&host_.member()), *session);
  if (!host_.moving().can_resume(landing_->resumption().received)) return give_up();
  host_.go_on_here(landing_->take_resumption(), [&] { take_over(*session); });
}

// Another attempt of the client's may have been faster, on another node. All nodes know of this one by now.
void Mover::seek_again() {
  Moves* const moves = host_.endpoint().moves();
  const std::uint64_t number =
      moves->seek(landing_->arrival().wanted, [this, turns = turns()](const auto& place) {
        turns([this, place] {
          if (!place || place->node.empty()) return give_up();
          landing_->look_elsewhere(place->node);
          known();
        });
      });
  context_.loop.after(kLandingTime, [moves, number] { moves->forget(number); });
}

// What the client has missed of logs, and then what was held. Rooms that it has joined or left there in
// the meantime are joined and left here. A session that was kept has missed what rooms do not keep.
void Mover::take_over(const SessionExport& from) {
  SessionCounts::add(context_.counts.sessions.arrived);
  const std::shared_ptr<Landing> landing = landing_;
  hub::Hub& hub = host_.endpoint().hub();
  hub::Member& member = host_.member();
  const bool was_kept = landing->arrival().from.node.empty();
  const std::vector<std::string> seated = hub.rooms_of(member);
  landing->take_over(from.heard);
  std::set<std::string, std::less<>> rooms;
  for (const SessionExport::Room& room : from.rooms) {
    base::Since heard;
    heard.epoch = room.epoch;
    heard.offset = room.offset;
    heard.session = host_.moving().name();
    rooms.insert(room.name);
    const bool is_told = was_kept || !room.epoch.empty();
    if (std::find(seated.begin(), seated.end(), room.name) != seated.end()) {
      hub.arrive_from(member, room.name, is_told ? &heard : nullptr);
    } else {
      hub::JoinWish wish;
      wish.since = heard;
      hub.join(member, room.name, is_told ? &wish : nullptr);
    }
  }
  for (const std::string& room : seated)
    if (!rooms.contains(room)) hub.leave(member, room);
  for (const base::Frame& frame : landing->pass()) host_.moving().deliver(frame);
  host_.after(kPassTime, [this, weak = std::weak_ptr<Landing>(landing)] {
    if (weak.lock() == landing_) landing_.reset();
  });
}

void Mover::give_up(Departure::End end) {
  Resumption resumption = landing_->take_resumption();
  host_.endpoint().hub().depart(host_.member());
  landing_.reset();
  host_.moving().end();
  if (end != Departure::End::overtaken) host_.begin_anew(std::move(resumption));
  host_.forget();
}

// --- the session goes ---

Resumable::Watched Mover::watch() {
  Resumable::Watched watched;
  if (is_landing()) return watched;
  if (!watch_) watch_ = std::make_unique<Watch>();
  host_.after(kWatchTime, [this, turn = watch_->extend()] {
    if (watch_ && watch_->ends(turn)) watch_.reset();
  });
  watched.may_come_back = true;
  watched.device = host_.device_id();
  watched.rooms = host_.endpoint().hub().rooms_of(host_.member());
  return watched;
}

SessionExport Mover::take_out() {
  std::vector<hub::Hub::Departed> departed = host_.endpoint().hub().depart(host_.member());
  SessionExport all = host_.moving().leave_for_elsewhere();
  if (watch_) all.heard = watch_->heard();
  for (hub::Hub::Departed& one : departed) {
    SessionExport::Room room;
    room.name = std::move(one.room);
    room.epoch = std::move(one.heard.epoch);
    room.offset = one.heard.offset;
    all.rooms.push_back(std::move(room));
  }
  return all;
}

void Mover::go(Departure& departure) {
  SessionCounts::add(context_.counts.sessions.departed);
  departure.go(take_out());
  host_.moving().end();
  host_.forget();
}

void Mover::keep(milliseconds for_time) {
  SessionCounts::add(context_.counts.sessions.kept);
  Moves::Kept kept;
  kept.user = host_.member().user();
  kept.device = host_.device_id();
  kept.secret = host_.moving().secret();
  kept.session = take_out();
  host_.endpoint().moves()->keep(host_.moving().name(), kept, for_time);
  host_.moving().end();
  host_.forget();
}

}  // namespace microframe::ws
