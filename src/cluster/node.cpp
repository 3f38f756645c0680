#include "cluster/node.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "base/log.hpp"
#include "base/to_ms.hpp"
#include "base/wire.hpp"
#include "cluster/names.hpp"
#include "microframe/config_error.hpp"

namespace microframe::cluster {
namespace {

using hub::Broker;

constexpr std::chrono::milliseconds kTellSoon{20};
constexpr std::chrono::seconds kTick{1};
// How long a node finds out which incarnation it was before.
constexpr std::chrono::hours kRemembered{24 * 30};
// How long it takes at most to settle those before, once that has begun.
constexpr std::chrono::seconds kSettled{30};
// Of a node that is killed again and again, so many incarnations are settled.
constexpr std::size_t kFormerMax = 16;
// In ticks.
constexpr std::uint64_t kCheckRooms = 2;
constexpr std::uint64_t kRenew = 3;
// Whoever was heard a shorter time ago lives, whatever has become of its lease: the broker may have
// lost it.
constexpr std::uint64_t kHeardLatelyMs = 6000;

using Incarnations = std::vector<std::uint64_t>;

std::string write_incarnations(const Incarnations& incarnations) {
  std::string bytes;
  base::WireWriter writer(bytes);
  const std::size_t first = incarnations.size() - std::min(incarnations.size(), kFormerMax);
  for (std::size_t i = first; i < incarnations.size(); ++i) writer.fixed(incarnations[i]);
  return bytes;
}

Incarnations read_incarnations(std::string_view bytes) {
  Incarnations result;
  base::WireReader reader(bytes);
  while (!reader.at_end()) {
    const std::uint64_t incarnation = reader.fixed();
    if (reader.ok()) result.push_back(incarnation);
  }
  return result;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

Node::Settings checked(Node::Settings settings) {
  const std::string& name = settings.name;
  if (name.empty() || name.size() > kNodeBytesMax || !is_printable(name))
    throw ConfigError("the name of a node is 1 to " + std::to_string(kNodeBytesMax) +
                      " printable characters without a space, and not \"" + name + "\"");
  return settings;
}

}  // namespace

Node::Node(Broker& broker, Timeline& timeline, NodeEvents& events, Settings settings)
    : broker_(broker),
      events_(events),
      settings_(checked(std::move(settings))),
      turns_(timeline),
      outgoing_(broker_, turns_, settings_.name, settings_.incarnation),
      teller_(outgoing_, sites_),
      lease_(broker_, turns_, settings_.name, settings_.incarnation),
      settlement_(broker_, turns_, sites_,
                  [this](const std::string& name, std::uint64_t incarnation) {
                    return directory_.incarnation(name) == incarnation;
                  }),
      known_calls_(outgoing_, turns_) {}

Node::~Node() {
  stop();
}

Site& Node::add_site(std::string endpoint, hub::Arrivals& arrivals) {
  if (endpoint.size() > kEndpointBytesMax || endpoint.find(' ') != std::string::npos)
    throw ConfigError("in a cluster the path of an endpoint has at most " +
                      std::to_string(kEndpointBytesMax) + " characters and no space: \"" +
                      endpoint + "\"");
  if (site(endpoint)) throw ConfigError("there are two endpoints \"" + endpoint + "\"");
  const Site::Shared shared{
      broker_,
      turns_,
      outgoing_,
      directory_,
      counts_,
      events_,
      settings_.offline_delay,
      [this] { turns_.post([this] { tell_soon(); }); },
      [this](std::function<void()> told) {
        turns_.post([this, told = std::move(told)]() mutable { when_known(std::move(told)); });
      }};
  sites_.push_back(std::make_unique<Site>(shared, std::move(endpoint), arrivals));
  return *sites_.back();
}

Site* Node::site(std::string_view endpoint) const {
  const auto found = std::find_if(sites_.begin(), sites_.end(),
                                  [&](const auto& one) { return one->endpoint() == endpoint; });
  return found == sites_.end() ? nullptr : found->get();
}

// --- it comes ---

void Node::start() {
  broker_.start(*this);
  turns_.post([this] {
    state_ = State::claiming;
    lease_.claim([this](bool is_ours) { claimed(is_ours); });
    turns_.after(kTick, [this] { tick(); });
  });
}

void Node::claimed(bool is_ours) {
  if (!is_ours) return refuse();
  state_ = State::joining;
  subscribe_all();
}

void Node::refuse() {
  state_ = State::refused;
  const std::string why = "another node of this cluster is named \"" + settings_.name +
                          "\" and is alive: give each node a name of its own";
  base::log::error("node_refused", {{"node", settings_.name}, {"why", why}});
  events_.refused(why);
}

// Subscribes before it says that it is there. A subscription that fails is made later all the same.
void Node::subscribe_all() {
  std::vector<std::string> topics{std::string(kClusterTopic), inbox_topic(settings_.name)};
  for (const auto& each : sites_) topics.push_back(everyone_topic(each->endpoint()));
  const auto left = std::make_shared<std::size_t>(topics.size());
  for (std::string& topic : topics)
    broker_.subscribe(std::move(topic),
                      [this, left](const base::Result<Broker::Nothing, Broker::Failure>&) {
                        if (--*left == 0) joined();
                      });
}

void Node::joined() {
  if (state_ != State::joining) return;
  state_ = State::joined;
  teller_.beat();
  probe();
  settle_former();
  base::log::info("node_joined", {{"node", settings_.name}});
  events_.started();
}

// This node may have been killed, more than once, while there was no other to see to its users. Nobody
// is entered on a roll before it is remembered who must be settled then.
void Node::settle_former() {
  using Notes = std::vector<std::optional<std::string>>;
  broker_.get({incarnation_note(settings_.name)},
              [this](const base::Result<Notes, Broker::Failure>& found) {
                if (!found) return turns_.after(kTick, [this] { settle_former(); });
                const bool is_there = found->size() == 1 && found->front();
                auto incarnations = is_there ? read_incarnations(*found->front()) : Incarnations();
                std::erase(incarnations, settings_.incarnation);
                for (const std::uint64_t former : incarnations)
                  settle_later(settings_.name, former);
                incarnations.push_back(settings_.incarnation);
                remember(incarnations);
              });
}

// Until it is.
void Node::remember(const std::vector<std::uint64_t>& incarnations) {
  broker_.put(incarnation_note(settings_.name), write_incarnations(incarnations), kRemembered,
              false, [this, incarnations](const base::Result<bool, Broker::Failure>& put) {
                if (!put)
                  return turns_.after(kTick, [this, incarnations] { remember(incarnations); });
                for (const auto& each : sites_) each->roll().start();
                if (incarnations.size() > 1)
                  turns_.after(settings_.offline_delay + kSettled,
                               [this] { remember({settings_.incarnation}); });
              });
}

void Node::settle_later(const std::string& node, std::uint64_t incarnation) {
  turns_.after(settings_.offline_delay,
               [this, node, incarnation] { settlement_.settle(node, incarnation); });
}

// --- it lives ---

void Node::tell_soon() {
  turns_.after(kTellSoon, [this] {
    if (state_ == State::joined) teller_.tell();
  });
}

void Node::tick() {
  turns_.after(kTick, [this] { tick(); });
  ++ticks_;
  try {
    for (const auto& each : sites_) each->roll().check();
    if (ticks_ % kCheckRooms == 0)
      for (const auto& each : sites_) each->check();
    if (state_ != State::joined) return;
    teller_.tell();
    settlement_.check();
    probe();
    if (ticks_ % kRenew == 0) renew();
  } catch (const std::bad_alloc&) {
    ++counts_.no_memory;
  }
}

void Node::probe() {
  outgoing_.publish(inbox_topic(settings_.name), ItemKind::probe, write_number(turns_.now_ms()));
}

void Node::renew() {
  teller_.beat();
  lease_.renew(directory_.nodes(), [this](const Lease::Found& found) { renewed(found); });
}

void Node::renewed(const Lease::Found& found) {
  if (state_ != State::joined) return;
  if (found.taken) return refuse();
  // Others may have settled this node at the very moment at which it came back, too.
  if (found.lost || found.settled) {
    if (!found.settled) ++counts_.broker_losses;
    base::log::warn("lease_lost", {{"node", settings_.name},
                                   {"why", found.settled ? "held for dead" : "broker lost it"}});
    if (found.settled)
      broker_.take(settled_note(settings_.name, settings_.incarnation), [](const auto&) {});
    for (const auto& each : sites_) each->roll().enter_again(found.settled);
  }
  for (const std::string& node : found.missing) {
    const auto ago_ms = hearing_.ago_ms(node, turns_.now_ms());
    if (ago_ms && *ago_ms < kHeardLatelyMs) continue;
    ++counts_.nodes_lost;
    base::log::warn("node_lost", {{"node", node}});
    const std::uint64_t incarnation = directory_.incarnation(node);
    forget(node);
    settlement_.settle(node, incarnation);
  }
}

void Node::forget(const std::string& node) {
  const Directory::Heard gone = directory_.forget(node);
  known_calls_.forget(node);
  hearing_.forget(node);
  heard({}, gone);
}

// --- it goes ---

void Node::leave(std::function<void()> done) {
  turns_.post([this, done = std::move(done)] {
    if (state_ != State::joined) return done();
    teller_.tell();
    state_ = State::leaving;
    outgoing_.publish(std::string(kClusterTopic), ItemKind::goodbye, {});
    lease_.give_up(done);
  });
}

void Node::stop() {
  // In this order, because a turn may ask the broker.
  turns_.close();
  broker_.stop();
}

// --- what it hears ---

void Node::on_interrupted() {
  ++counts_.interruptions;
}

void Node::on_restored() {
  for (const auto& each : sites_) each->open_rooms().restored();
  // Others say how far they have told at their next beat.
  if (state_ == State::joined) teller_.beat();
}

void Node::on_entry(std::string_view log, std::uint64_t epoch, const Broker::Entry& entry) {
  const auto name = room_of_log(log);
  Site* const there = name ? site(name->endpoint) : nullptr;
  if (!there) return;
  try {
    there->open_rooms().entry(name->room, epoch, entry);
  } catch (const std::bad_alloc&) {
    ++counts_.no_memory;
  }
}

void Node::on_message(std::string_view, std::string_view bytes) {
  BusReader reader(bytes);
  if (!reader.header()) return note_not_understood();
  const BusHeader from = *reader.header();
  const bool is_own = from.node == settings_.name;
  while (const auto item = reader.next()) {
    const bool is_probe = item->kind == static_cast<std::uint8_t>(ItemKind::probe);
    // What this node has said to everyone comes back to it, and is skipped.
    if (is_own && (!is_probe || from.incarnation != settings_.incarnation)) continue;
    try {
      hear(from, *item);
    } catch (const std::bad_alloc&) {
      ++counts_.no_memory;
      directory_.distrust(from.node);
    }
  }
}

void Node::hear(const BusHeader& from, const BusReader::Item& item) {
  ++counts_.messages_in;
  const auto kind = static_cast<ItemKind>(item.kind);
  switch (kind) {
    case ItemKind::for_everyone:
    case ItemKind::in_room:
    case ItemKind::for_users:
      return hear_for_site(kind, item.body);
    case ItemKind::join_user:
    case ItemKind::leave_user:
    case ItemKind::disconnect:
    case ItemKind::evict:
      return hear_of_user(kind, item.body);
    case ItemKind::changes:
    case ItemKind::whole_begin:
    case ItemKind::whole_part:
    case ItemKind::whole_end:
    case ItemKind::beat:
      return hear_directory(from, kind, item.body);
    case ItemKind::ask_whole:
      return teller_.tell_whole(from.node);
    case ItemKind::goodbye:
      forget(std::string(from.node));
      return settle_later(std::string(from.node), from.incarnation);
    case ItemKind::letter:
      return hear_letter(from.node, item.body);
    case ItemKind::ask_known:
      return answer_known(from.node, item.body);
    case ItemKind::known:
      if (const auto number = read_number(item.body)) return known_calls_.known(from.node, *number);
      return note_not_understood();
    case ItemKind::probe:
      if (const auto sent_ms = read_number(item.body)) {
        counts_.lag_ms = turns_.now_ms() - *sent_ms;
        hearing_.note(settings_.name, turns_.now_ms());
      }
      return;
  }
  note_not_understood();
}

void Node::hear_for_site(ItemKind kind, std::string_view bytes) {
  if (kind == ItemKind::for_everyone) {
    const auto body = read_for_everyone(bytes);
    if (!body) return note_not_understood();
    if (Site* const there = site(body->endpoint)) there->arrivals().arrived(body->parcel);
  } else if (kind == ItemKind::in_room) {
    const auto body = read_in_room(bytes);
    if (!body) return note_not_understood();
    Site* const there = site(body->endpoint);
    if (there && there->open_rooms().is_open(body->room))
      there->arrivals().arrived_in(body->room, body->parcel);
  } else {
    const auto body = read_for_users(bytes);
    if (!body) return note_not_understood();
    if (Site* const there = site(body->endpoint))
      there->arrivals().arrived_for(body->users, body->parcel);
  }
}

void Node::hear_of_user(ItemKind kind, std::string_view bytes) {
  const auto body = read_user_and_text(bytes);
  if (!body) return note_not_understood();
  Site* const there = site(body->endpoint);
  if (!there) return;
  if (kind == ItemKind::join_user) there->arrivals().join_here(body->user, body->text);
  if (kind == ItemKind::leave_user) there->arrivals().leave_here(body->user, body->text);
  if (kind == ItemKind::disconnect) there->arrivals().disconnect_here(body->user, body->text);
  if (kind == ItemKind::evict) there->arrivals().evict_here(body->user);
}

void Node::hear_directory(const BusHeader& from, ItemKind kind, std::string_view body) {
  const std::uint64_t now_ms = turns_.now_ms();
  const std::uint64_t former = directory_.incarnation(from.node);
  const bool is_new = former != from.incarnation;
  if (is_new && former != 0) settle_later(std::string(from.node), former);
  hearing_.note(from.node, now_ms);
  const auto number = read_number(body);
  if (!number) {
    directory_.distrust(from.node);
    return note_not_understood();
  }
  if (kind == ItemKind::changes) heard(from, directory_.changes(from, body, now_ms));
  if (kind == ItemKind::whole_begin) heard(from, directory_.begin_whole(from, *number));
  if (kind == ItemKind::whole_part) heard(from, directory_.whole_part(from, body));
  if (kind == ItemKind::whole_end) heard(from, directory_.end_whole(from, *number, now_ms));
  if (kind == ItemKind::beat) heard(from, directory_.beat(from, *number, now_ms));
  // A newcomer need not wait for the next beat to know of this node.
  if (is_new && state_ == State::joined) teller_.beat_to(from.node);
}

void Node::heard(const BusHeader& from, const Directory::Heard& heard) {
  if (heard.ask) outgoing_.to_node(from.node, ItemKind::ask_whole, {});
  for (Directory::Heard::Change change : heard.changes) {
    keep_moved(change);
    if (change.presence.joins.empty() && change.presence.leaves.empty()) continue;
    sites_[change.endpoint]->open_rooms().presence_changed(change.presence);
  }
}

void Node::keep_moved(Directory::Heard::Change& change) const {
  hub::Presence::Users& leaves = change.presence.leaves;
  if (leaves.empty()) return;
  const hub::Presence::Users there = directory_.presence(change.endpoint, change.presence.room);
  for (auto left = leaves.begin(); left != leaves.end();) {
    auto& [name, devices] = *left;
    if (const auto user = there.find(name); user != there.end()) {
      std::erase_if(devices, [&](const hub::Presence::Device& gone) {
        return std::any_of(user->second.begin(), user->second.end(),
                           [&](const auto& one) { return one.id == gone.id; });
      });
    }
    left = devices.empty() ? leaves.erase(left) : std::next(left);
  }
}

// --- sessions that move ---

void Node::hear_letter(std::string_view from, std::string_view bytes) {
  const auto body = read_user_and_text(bytes);
  if (!body) return note_not_understood();
  if (Site* const there = site(body->endpoint)) there->arrivals().letter(from, body->text);
}

void Node::answer_known(std::string_view from, std::string_view body) {
  for (const auto& each : sites_) each->await_senders();
  outgoing_.to_node(from, ItemKind::known, body);
}

void Node::when_known(std::function<void()> told) {
  if (state_ == State::joined) teller_.tell();
  known_calls_.call(directory_.nodes(), std::move(told));
}

// --- what it says, and is asked ---

std::vector<Node::Other> Node::others() const {
  std::vector<Other> result;
  const auto doubtful = directory_.doubtful_nodes();
  for (const std::string& name : directory_.nodes()) {
    const bool is_doubtful = std::find(doubtful.begin(), doubtful.end(), name) != doubtful.end();
    result.push_back({name, hearing_.ago_ms(name, turns_.now_ms()), !is_doubtful});
  }
  return result;
}

std::optional<std::uint64_t> Node::probe_ms_ago() const {
  return hearing_.ago_ms(settings_.name, turns_.now_ms());
}

bool Node::is_ready() const {
  const auto ago_ms = probe_ms_ago();
  return ago_ms && *ago_ms <= base::to_ms(kProbeMax);
}

}  // namespace microframe::cluster
