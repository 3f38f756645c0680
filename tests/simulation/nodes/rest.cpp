#include "simulation/nodes/rest.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "cluster/names.hpp"
#include "simulation/names.hpp"
#include "simulation/nodes/client.hpp"
#include "simulation/nodes/frames.hpp"
#include "simulation/nodes/rooms.hpp"

namespace microframe::simulation::nodes {
namespace {

// Who is where, by looking at each client.
class Model {
 public:
  explicit Model(const Press::Clients& clients) : clients_(clients) {}

  Names users() const {
    return users_who([](const Client&) { return true; });
  }
  Names members_of(const std::string& room) const {
    return users_who([&](const Client& client) { return is_in(client, room); });
  }
  Names rooms_of(std::string_view user) const {
    Names names;
    for (const auto& client : clients_) {
      if (!client->visit() || client->user() != user) continue;
      const Names in = client->visit()->process().hub().rooms_of(*client->visit());
      names.insert(names.end(), in.begin(), in.end());
    }
    sort_unique(names);
    return names;
  }
  std::size_t connections() const {
    return static_cast<std::size_t>(std::count_if(clients_.begin(), clients_.end(),
                                                  [](const auto& one) { return one->visit(); }));
  }
  RoomView::Present present(const std::string& room) const {
    RoomView::Present present;
    for (const auto& client : clients_) {
      if (client->visit() && is_in(*client, room))
        present[client->user() + '/' + client->visit()->device()] = client->meta(room);
    }
    return present;
  }
  // What a device says of itself does not move with its session yet.
  RoomView::Present without_moved(RoomView::Present present) const {
    for (const auto& client : clients_) {
      const Visit* const visit = client->has_moved() ? client->visit() : nullptr;
      const auto found =
          visit ? present.find(client->user() + '/' + visit->device()) : present.end();
      if (found != present.end()) found->second = 0;
    }
    return present;
  }

 private:
  static bool is_in(const Client& client, const std::string& room) {
    const Names in = client.visit()->process().hub().rooms_of(*client.visit());
    return std::find(in.begin(), in.end(), room) != in.end();
  }
  template <class Which>
  Names users_who(Which&& which) const {
    Names names;
    for (const auto& client : clients_)
      if (client->visit() && which(*client)) names.push_back(client->user());
    sort_unique(names);
    return names;
  }

  const Press::Clients& clients_;
};

RoomView::Present flat(const hub::Presence::Users& users) {
  RoomView::Present present;
  for (const auto& [user, devices] : users)
    for (const auto& device : devices) present[user + '/' + device.id] = number_of(device.meta);
  return present;
}

std::string listed(const RoomView::Present& present) {
  std::string text;
  for (const auto& [device, meta] : present) text += device + "=" + std::to_string(meta) + " ";
  return "[" + text + "]";
}

void require_same_present(const std::string& who, const std::string& room, const Model& model,
                          const RoomView::Present& known) {
  const RoomView::Present present = model.present(room);
  require(model.without_moved(known) == model.without_moved(present), [&] {
    return who + " takes " + listed(known) + " for present in " + room + ", and it is " +
           listed(present);
  });
}

void check_directory(Process& process, Processes processes, const Model& model) {
  Names others;
  for (const auto& other : processes)
    if (other && &*other != &process) others.push_back(other->name());
  Names known;
  for (const auto& other : process.node().others()) {
    known.push_back(other.name);
    require(other.known, [&] { return process.name() + " does not know all of " + other.name; });
  }
  require_same("others", process.name(), known, others);
  hub::Everywhere& everywhere = process.everywhere();
  require_same("users", process.name(), everywhere.users(), model.users());
  require(everywhere.connections() == model.connections(),
          [&] { return process.name() + " counts other connections"; });
  for (const std::string& user : model.users())
    require_same("user_rooms", process.name() + " of " + user, everywhere.user_rooms(user),
                 model.rooms_of(user));
  for (const std::string& room : rooms()) {
    require_same("room_members", process.name() + " in " + room, everywhere.room_members(room),
                 model.members_of(room));
    if (has_presence(room))
      require_same_present(process.name(), room, model, flat(everywhere.presence(room)));
  }
}

// Where nothing goes wrong, nothing is missed, and nothing has to be healed.
void check_counts(const Process& process, bool is_calm) {
  const cluster::Counts& counts = process.node().counts();
  require(counts.not_understood == 0 && counts.no_memory == 0,
          [&] { return process.name() + " does not understand the others"; });
  if (!is_calm) return;
  require(counts.log_gaps == 0 && counts.log_losses == 0 && counts.log_forks == 0,
          [&] { return process.name() + " finds a gap in a log"; });
  require(process.node().directory_size().gaps == 0,
          [&] { return process.name() + " finds a gap in what others tell"; });
  require(counts.nodes_lost == 0 && counts.broker_losses == 0,
          [&] { return process.name() + " holds somebody for dead"; });
}

// What was acknowledged has been heard by all who have stayed since then, or they know of a loss. What
// a fork has lost they know of where a node is left that had it.
void check_heard(const Scene& scene, const Press::Clients& clients, std::uint64_t number) {
  const Message& message = scene.annals.of(number);
  const auto knows = [&](const auto& client) {
    const RoomView* const view = client->view(message.to);
    return view && view->is_witness_of(number);
  };
  const bool was_lost =
      scene.chronicle.was_lost(number) && std::none_of(clients.begin(), clients.end(), knows);
  if (!message.is_logged || !message.is_acknowledged || was_lost) return;
  const std::string log = cluster::room_log(kEndpoint, message.to);
  if (scene.chronicle.is_traceless(log, number, scene.agenda.now_ms())) return;
  for (const auto& client : clients) {
    const RoomView* const view = client->view(message.to);
    const bool heard = (message.heard >> client->number() & 1) != 0;
    if (!view || heard || view->whole_since() > message.turn || client->was_excluded(message))
      continue;
    require(view->stays_since() > message.turn, [&] {
      return "message " + std::to_string(number) + " is acknowledged, and client " +
             std::to_string(client->number()) + " has never heard it";
    });
  }
}

}  // namespace

void check_at_rest(const Scene& scene, const Press::Clients& clients, Processes processes) {
  const Model model(clients);
  for (const auto& client : clients) {
    client->check_at_rest();
    for (const std::string& room : rooms()) {
      const RoomView* const view = client->view(room);
      if (view && has_presence(room))
        require_same_present("client " + std::to_string(client->number()), room, model,
                             view->present());
    }
  }
  for (auto& process : processes) {
    if (!process) continue;
    require(process->is_open(), [&] { return process->name() + " never opens"; });
    check_directory(*process, processes, model);
    check_counts(*process, scene.is_calm);
  }
  scene.annals.check_settled();
  for (std::uint64_t number = 1; number <= scene.annals.all().size(); ++number)
    check_heard(scene, clients, number);
  scene.online.check(model.users());
}

void check_empty(const Scene& scene, Processes processes) {
  for (auto& process : processes) {
    if (!process) continue;
    const hub::Everywhere& everywhere = process->everywhere();
    require(
        everywhere.users().empty() && everywhere.connections() == 0 && process->hub().rooms() == 0,
        [&] { return process->name() + " still has somebody"; });
    for (const auto& loop : process->loops())
      require(!loop->waiting(), [&] { return "a loop of " + process->name() + " is not at rest"; });
  }
  scene.online.check({});
}

}  // namespace microframe::simulation::nodes
