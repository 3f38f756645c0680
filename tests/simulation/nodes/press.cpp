#include "simulation/nodes/press.hpp"

#include <algorithm>
#include <utility>

#include "hub/placeless.hpp"
#include "simulation/nodes/client.hpp"
#include "simulation/nodes/frames.hpp"
#include "simulation/nodes/rooms.hpp"

namespace microframe::simulation::nodes {
namespace {

// What a node has told of its users is known everywhere by then.
constexpr std::uint64_t kKnownMs = 6'000;

}  // namespace

void Press::exclude(const Process& at, Message& message, const Client* sender) {
  Random& random = scene_.random;
  if (random.percent(15)) message.not_user = random.pick(clients_)->user();
  const Client& other = *random.pick(clients_);
  const Client* const device = random.percent(50) ? sender : &other;
  if (device && device->visit() && &device->visit()->process() == &at && random.percent(25))
    message.not_session = device->visit()->session();
}

bool Press::reaches(Process& at, const Message& message, const Client& client) const {
  const Visit* const visit = client.visit();
  if (!visit || message.hidden_from(client.reader())) return false;
  Process& there = visit->process();
  const bool is_here = &there == &at && !client.is_moving();
  if (!is_here && !(at.hears() && there.hears() && there.is_open())) return false;
  if (client.is_moving() && !client.destination().hears()) return false;
  switch (message.kind) {
    case Message::Kind::for_everyone:
      return true;
    case Message::Kind::for_user: {
      const std::uint64_t trouble_ms =
          std::max({at.trouble_ms(), there.trouble_ms(), client.came_ms()});
      return client.user() == message.to &&
             (is_here || trouble_ms + kKnownMs <= scene_.agenda.now_ms());
    }
    case Message::Kind::in_room:
      break;
  }
  if (message.is_logged || !client.view(message.to)) return false;
  const auto rooms = there.hub().rooms_of(*visit);
  return std::find(rooms.begin(), rooms.end(), message.to) != rooms.end();
}

unsigned Press::owed(Process& at, const Message& message) const {
  unsigned result = 0;
  for (const auto& client : clients_)
    if (reaches(at, message, *client)) result |= 1U << client->number();
  return result;
}

std::uint64_t Press::begin(Process& at, Message message) {
  message.from = at.place();
  message.turn = ++scene_.turn;
  message.owed = owed(at, message);
  return scene_.annals.begin(std::move(message));
}

void Press::publish(Process& at, std::uint64_t number, std::string once,
                    std::function<void(bool)> told) {
  const Message message = scene_.annals.of(number);
  hub::Exclusion exclusion;
  if (!message.not_user.empty()) exclusion.users.push_back(message.not_user);
  // What is sent again elsewhere names the device.
  if (message.is_logged) exclusion.session = message.not_session;
  for (const auto& client : clients_) {
    Visit* const visit = client->visit();
    if (visit && &visit->process() == &at && visit->session() == message.not_session)
      exclusion.device = base::Ref<hub::Receiver>(visit);
  }
  hub::Everywhere& everywhere = at.everywhere();
  if (message.kind == Message::Kind::for_everyone) {
    everywhere.broadcast(message_frame(number, 0, {}), std::move(exclusion));
  } else if (message.kind == Message::Kind::for_user) {
    everywhere.send_to({message.to}, message_frame(number, 0, {}));
  } else {
    hub::Everywhere::Appending appending;
    appending.once = std::move(once);
    appending.told = [this, number, told = std::move(told)](
                         const base::Result<hub::Broker::Appended, hub::Broker::Failure>& result) {
      scene_.trace([&] {
        return "message " + std::to_string(number) +
               (result ? " is at " + std::to_string(result->position.epoch) + ":" +
                             std::to_string(result->position.offset)
                       : " may be lost");
      });
      if (result) scene_.annals.of(number).is_acknowledged = true;
      if (told) told(result.ok());
    };
    everywhere.broadcast_to_room(message.to, hub::Placeless(message_frame(number, 0, message.to)),
                                 std::move(exclusion), std::move(appending));
  }
}

void Press::say(Process& at) {
  Random& random = scene_.random;
  Message message;
  const std::size_t kind = random.below(3);
  if (kind == 0) {
    message.kind = Message::Kind::for_everyone;
    exclude(at, message, nullptr);
  } else if (kind == 1) {
    message.kind = Message::Kind::for_user;
    message.to = random.pick(clients_)->user();
  } else {
    message.to = random.pick(rooms());
    message.is_logged = keeps_history(message.to);
    exclude(at, message, nullptr);
  }
  const std::uint64_t number = begin(at, std::move(message));
  scene_.trace([&] {
    const Message& said = scene_.annals.of(number);
    return at.name() + " says " + std::to_string(number) + " to \"" + said.to + "\", not to \"" +
           said.not_user + "\" \"" + said.not_session + "\"";
  });
  const auto publish = [&] { this->publish(at, number, {}, {}); };
  if (random.percent(50)) return SimLoop::outside(publish);
  random.pick(at.loops())->on(publish);
}

}  // namespace microframe::simulation::nodes
