// Inbound: what comes from other nodes, carried out in the hub of this one. Threading: as Arrivals.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "hub/arrivals.hpp"
#include "hub/hub.hpp"
#include "hub/surroundings.hpp"

namespace microframe::hub {

class Inbound final : public Arrivals {
 public:
  // surroundings: outlives it.
  explicit Inbound(const Surroundings& surroundings) : surroundings_(surroundings) {}
  // Before anything is called. hub: outlives it.
  void begin(Hub& hub) { hub_ = &hub; }
  // Who reads the letters of other nodes; before anything is called.
  using Read = std::function<void(std::string_view node, std::string_view bytes)>;
  void read_letters(Read read) { read_ = std::move(read); }

  void arrived(const Parcel& for_everyone) override;
  void arrived_in(std::string_view room, const Parcel& parcel) override;
  void arrived_for(const std::vector<std::string_view>& users, const Parcel& parcel) override;
  void opened(std::string_view room, std::uint64_t opening, Presence::Users others) override;
  void presence_changed(std::string_view room, const Presence::Users& joins,
                        const Presence::Users& leaves) override;
  void appended(std::string_view room, Broker::Position position, std::chrono::milliseconds age,
                const Parcel& parcel) override;
  void log_moved(std::string_view room, Broker::Position last) override;
  void join_here(std::string_view user, std::string_view room) override;
  void leave_here(std::string_view user, std::string_view room) override;
  void evict_here(std::string_view user) override;
  void disconnect_here(std::string_view user, std::string_view reason) override;
  void letter(std::string_view node, std::string_view bytes) override;
  UserRecord record(std::string_view user) override;
  std::vector<std::string> users_here() override;

 private:
  Hub* hub_ = nullptr;
  const Surroundings& surroundings_;
  Read read_;
};

}  // namespace microframe::hub
