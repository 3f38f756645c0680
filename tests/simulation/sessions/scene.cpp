#include "simulation/sessions/scene.hpp"

#include "simulation/sessions/frames.hpp"
#include "v1/server_frames.hpp"

namespace microframe::simulation::sessions {
namespace {

hub::HubLimits limits() {
  hub::HubLimits result;
  result.devices_per_user_max = 2;
  result.rooms_per_member_max = 3;
  result.rooms_max = 4;
  result.room_name_bytes_max = 8;
  return result;
}

std::vector<std::unique_ptr<SimLoop>> make_loops(std::size_t count, Preempt& preempt) {
  std::vector<std::unique_ptr<SimLoop>> loops(count);
  for (auto& loop : loops) loop = std::make_unique<SimLoop>(preempt);
  return loops;
}

std::vector<hub::LoopPort*> ports(const std::vector<std::unique_ptr<SimLoop>>& loops) {
  std::vector<hub::LoopPort*> result;
  for (const auto& loop : loops) result.push_back(loop.get());
  return result;
}

// Writes a message's place into its form for sessions, and into the annals.
class PlaceSeal final : public hub::Seal {
 public:
  PlaceSeal(Scene& scene, const std::string& room, unsigned number)
      : scene_(scene), room_(room), number_(number) {}

  base::Frame encode(std::optional<std::uint64_t> offset) const override {
    if (offset) scene_.annals.place(number_, scene_.house.epoch_of(room_), *offset);
    v1::MessagePlace place;
    place.room = room_;
    place.offset = offset;
    const std::string text = R"({"g":)" + std::to_string(number_) + "}";
    return base::Frame(sessions::encode(text), sessions::encode(v1::message(place, text)));
  }
  void renumber(base::Frame&, std::uint64_t) const override {
    require(false, [&] { return "another message came before " + std::to_string(number_); });
  }

 private:
  Scene& scene_;
  const std::string& room_;
  const unsigned number_;
};

}  // namespace

Scene::Scene(std::uint64_t seed, bool traced)
    : random(seed),
      trace(traced),
      loops(make_loops(1 + random.below(3), *this)),
      house(now_ms, seed % 12 == 3),
      hub(ports(loops), limits(), &house) {}

void Scene::run_on(std::size_t loop, std::function<void()> task) {
  if (loops[loop]->is_current()) return task();
  loops[loop]->post(std::move(task));
}

void Scene::publish(Annals::Entry entry, hub::Member* not_device) {
  if (not_device) entry.not_session = not_device->session();
  hub::Exclusion exclusion;
  if (!entry.not_user.empty()) exclusion.users.push_back(entry.not_user);
  exclusion.device = base::Ref<hub::Member>(not_device);
  const std::string room = entry.room;
  const unsigned number = annals.begin(std::move(entry));
  trace([&] {
    const Annals::Entry& said = annals.of(number);
    return "message " + std::to_string(number) + " to " + room + ", not to \"" + said.not_user +
           "\" \"" + said.not_session + "\"";
  });
  const PlaceSeal seal(*this, room, number);
  hub.broadcast_to_room(room, seal, exclusion);
}

}  // namespace microframe::simulation::sessions
