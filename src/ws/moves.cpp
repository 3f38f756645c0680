#include "ws/moves.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/wire.hpp"
#include "ws/departure.hpp"
#include "ws/letters.hpp"
#include "ws/resumption.hpp"

namespace microframe::ws {
namespace {

std::string write_wanted(Letter kind, std::uint64_t number, const Moves::Wanted& wanted) {
  std::string bytes = write_head(kind, number);
  base::WireWriter writer(bytes);
  writer.text(wanted.offer.session);
  writer.text(wanted.offer.secret);
  writer.number(wanted.offer.received);
  writer.number(wanted.offer.attempt);
  writer.text(wanted.user);
  return bytes;
}

Moves::Wanted read_wanted(base::WireReader& reader) {
  Moves::Wanted wanted;
  wanted.offer.session = reader.text();
  wanted.offer.secret = reader.text();
  wanted.offer.received = reader.number();
  wanted.offer.attempt = reader.number();
  wanted.user = reader.text();
  return wanted;
}

std::string write_kept(const Moves::Kept& kept) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.text(kept.secret);
  writer.text(kept.user);
  writer.number(kept.device);
  writer.text(write_session(kept.session));
  return bytes;
}

// returns: nullopt if it is not what is wanted.
std::optional<Moves::Kept> read_kept(std::string_view bytes, const Moves::Wanted& wanted) {
  base::WireReader reader(bytes);
  Moves::Kept kept;
  kept.secret = reader.text();
  kept.user = reader.text();
  kept.device = reader.number();
  auto session = read_session(reader.text());
  if (!reader.ok() || !session || kept.user != wanted.user ||
      !is_same_secret(kept.secret, wanted.offer.secret))
    return std::nullopt;
  kept.session = std::move(*session);
  return kept;
}

}  // namespace

// --- the new node ---

std::optional<std::uint64_t> Moves::add(Ask ask) {
  const std::lock_guard lock(mutex_);
  if (asks_.size() >= kAsksMax) return std::nullopt;
  asks_.emplace(++number_, std::move(ask));
  return number_;
}

std::optional<Moves::Ask> Moves::take(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  auto found = asks_.extract(number);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

void Moves::forget(std::uint64_t number) {
  take(number);
}

std::uint64_t Moves::seek(const Wanted& wanted, const Found& found) {
  const auto nodes = elsewhere_.nodes();
  if (nodes.empty()) {
    look_up(wanted, found);
    return 0;
  }
  Ask ask;
  ask.wanted = wanted;
  ask.left = {nodes.begin(), nodes.end()};
  ask.found = found;
  const auto number = add(std::move(ask));
  if (number) {
    elsewhere_.letter({}, write_wanted(Letter::seek, *number, wanted));
  } else {
    found(std::nullopt);
  }
  return number.value_or(0);
}

std::uint64_t Moves::fetch(const std::string& node, const Wanted& wanted, const Fetched& told) {
  if (node.empty()) {
    take_kept(wanted, told);
    return 0;
  }
  Ask ask;
  ask.left = {node};
  ask.fetched = told;
  const auto number = add(std::move(ask));
  if (number) {
    elsewhere_.letter(node, write_wanted(Letter::fetch, *number, wanted));
  } else {
    told(Departure::End::none, std::nullopt);
  }
  return number.value_or(0);
}

void Moves::heard_here(std::uint64_t number, Place place) {
  auto ask = take(number);
  if (ask && ask->found) ask->found(std::move(place));
}

void Moves::heard_no(std::string_view node, std::uint64_t number, bool has_moved) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = asks_.find(number);
    if (found == asks_.end()) return;
    Ask& ask = found->second;
    ask.has_moved = ask.has_moved || has_moved;
    if (const auto one = ask.left.find(node); one != ask.left.end()) ask.left.erase(one);
    if (!ask.left.empty()) return;
  }
  auto ask = take(number);
  if (ask && ask->found && ask->has_moved && ask->rounds < kRoundsMax)
    return ask_again(number, std::move(*ask));
  if (ask && ask->found) look_up(ask->wanted, ask->found);
  if (ask && ask->fetched) ask->fetched(Departure::End::none, std::nullopt);
}

void Moves::ask_again(std::uint64_t number, Ask ask) {
  const auto nodes = elsewhere_.nodes();
  const std::string letter = write_wanted(Letter::seek, number, ask.wanted);
  ask.left = {nodes.begin(), nodes.end()};
  ask.has_moved = false;
  ++ask.rounds;
  {
    const std::lock_guard lock(mutex_);
    asks_.emplace(number, std::move(ask));
  }
  elsewhere_.letter({}, letter);
}

void Moves::heard_end(std::uint64_t number, Departure::End end, std::string_view bytes) {
  const auto ask = take(number);
  if (!ask || !ask->fetched) return;
  auto session = end == Departure::End::goes ? read_session(bytes) : std::nullopt;
  ask->fetched(end, std::move(session));
}

// --- the broker ---

void Moves::keep(const std::string& name, const Kept& kept, std::chrono::milliseconds for_time) {
  elsewhere_.keep_session(name, write_kept(kept), for_time);
}

// It is looked at before it is taken away: who does not know its secret must leave it where it is.
void Moves::look_up(const Wanted& wanted, const Found& found) {
  elsewhere_.find_session(wanted.offer.session, false, [wanted, found](const auto& note) {
    auto kept = note && *note ? read_kept(**note, wanted) : std::nullopt;
    if (!kept) return found(std::nullopt);
    Place place;
    place.device = kept->device;
    for (SessionExport::Room& room : kept->session.rooms)
      place.rooms.push_back(std::move(room.name));
    found(std::move(place));
  });
}

void Moves::take_kept(const Wanted& wanted, const Fetched& told) {
  elsewhere_.find_session(wanted.offer.session, true, [wanted, told](const auto& note) {
    auto kept = note && *note ? read_kept(**note, wanted) : std::nullopt;
    if (!kept) return told(Departure::End::none, std::nullopt);
    told(Departure::End::goes, std::move(kept->session));
  });
}

// --- the others ---

void Moves::letter(std::string_view from, std::string_view bytes) {
  const std::string node(from);
  base::WireReader reader(bytes);
  const auto [kind, number] = read_head(reader);
  if (!reader.ok()) return;
  if (kind == Letter::no || kind == Letter::moved)
    return heard_no(node, number, kind == Letter::moved);
  if (kind == Letter::seek || kind == Letter::fetch) {
    const Wanted wanted = read_wanted(reader);
    if (!reader.ok()) return;
    return kind == Letter::seek ? heard_seek(node, number, wanted)
                                : heard_fetch(node, number, wanted);
  }
  if (kind == Letter::taken) return heard_end(number, Departure::End::goes, reader.text());
  if (kind == Letter::overtaken) return heard_end(number, Departure::End::overtaken, {});
  if (kind != Letter::here) return;
  Place place;
  place.node = node;
  place.device = reader.number();
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left)
    place.rooms.emplace_back(reader.text());
  if (reader.ok()) heard_here(number, std::move(place));
}

Sessions::Found Moves::find(const Wanted& wanted) const {
  Sessions::Found found = sessions_.find(wanted.offer);
  if (found && !found.session->belongs_to(endpoint_, wanted.user)) return {};
  return found;
}

void Moves::say_no(std::string_view node, std::uint64_t number) {
  elsewhere_.letter(node, write_head(Letter::no, number));
}

bool Moves::has_gone(const std::string& session) {
  const std::lock_guard lock(mutex_);
  return std::find(gone_.begin(), gone_.end(), session) != gone_.end();
}

void Moves::note_gone(const std::string& session) {
  const std::lock_guard lock(mutex_);
  gone_.push_back(session);
  if (gone_.size() > kGoneMax) gone_.pop_front();
}

void Moves::heard_seek(const std::string& node, std::uint64_t number, const Wanted& wanted) {
  const Sessions::Found found = find(wanted);
  if (!found && has_gone(wanted.offer.session))
    return elsewhere_.letter(node, write_head(Letter::moved, number));
  if (!found) return say_no(node, number);
  found.session->request_watch([this, node, number](const Resumable::Watched& watched) {
    if (!watched.may_come_back) return say_no(node, number);
    std::string bytes = write_head(Letter::here, number);
    base::WireWriter writer(bytes);
    writer.number(watched.device);
    writer.number(watched.rooms.size());
    for (const std::string& room : watched.rooms) writer.text(room);
    elsewhere_.letter(node, bytes);
  });
}

// What a hook of this node has published on its loop must have reached the session's loop before.
void Moves::heard_fetch(const std::string& node, std::uint64_t number, const Wanted& wanted) {
  const Sessions::Found found = find(wanted);
  if (!found) return say_no(node, number);
  auto departure =
      std::make_unique<Departure>([this, node, number, name = wanted.offer.session](
                                      Departure::End end, const SessionExport* session) {
        if (end == Departure::End::none) return say_no(node, number);
        if (!session) return elsewhere_.letter(node, write_head(Letter::overtaken, number));
        note_gone(name);
        std::string bytes = write_head(Letter::taken, number);
        base::WireWriter(bytes).text(write_session(*session));
        elsewhere_.letter(node, bytes);
      });
  auto resumption = std::make_shared<Resumption>();
  resumption->received = wanted.offer.received;
  resumption->attempt = wanted.offer.attempt;
  resumption->departure = std::move(departure);
  visit_loops(0, [found, resumption] { found.session->request_resume(resumption); });
}

void Moves::visit_loops(std::size_t first, std::function<void()> then) const {
  if (first == loops_.size()) return then();
  loops_[first]->post_behind(
      [this, first, then = std::move(then)]() mutable { visit_loops(first + 1, std::move(then)); });
}

}  // namespace microframe::ws
