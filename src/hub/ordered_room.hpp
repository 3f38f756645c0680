// OrderedRoom: a room that keeps its messages or tells who is in it. All that happens in the room is
// numbered under one lock, its order, and handed to every loop in that order, so that every member
// sees the same.
// Threading: any thread, as Room says. Lock order: a user's lock, the lock of a part of the table of
// rooms, then the order. The order is held while sinks on the current loop are called. A message of the
// application is encoded before it is taken, unless its offset has got another digit meanwhile;
// what the room itself says (presence, answers to a join) is encoded under it.
// With other nodes a log keeps the messages and numbers them: the room then has a copy of what the log
// holds, from before it is opened on, and hands out what comes from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_budget.hpp"
#include "base/mutex.hpp"
#include "hub/history.hpp"
#include "hub/loop_port.hpp"
#include "hub/presence.hpp"
#include "hub/room.hpp"
#include "hub/room_policy.hpp"
#include "hub/surroundings.hpp"

namespace microframe::hub {

class OrderedRoom final : public Room, private base::ByteHolder {
 public:
  // Who keeps and numbers the messages, where they are kept.
  enum class Keeper : bool { room, log };
  // loops, surroundings: outlive the room.
  OrderedRoom(std::string name, const std::vector<LoopPort*>& loops, const RoomPolicy& policy,
              Surroundings& surroundings, Keeper keeper = Keeper::room);

  // In a room whose messages a log keeps: not called.
  bool publish(const Seal& seal, Exclusion& exclusion, std::uint64_t id) override;
  void seat(Receiver& member, const JoinWish* wish) override;
  void unseat(Receiver& member) override;
  Heard depart(Receiver& member, bool goes_on) override;
  void arrive_from(Receiver& member, const Since* heard) override;
  bool forget() override;
  void expire() override;
  void arrived(const Presence::Users& joins, const Presence::Users& leaves) override;
  void appended(Logged&& message) override;
  void log_moved(const std::string& epoch, std::uint64_t last) override;
  bool keeps_messages() const override { return policy_.keeps_history(); }
  std::vector<History::Entry> history(std::uint64_t since, std::size_t limit) override;
  Presence::Users presence() override;
  std::optional<Presence::Device> seen_of(const Receiver& member) override;
  bool set_presence(const Receiver& member, const Json& meta) override;

 private:
  // The offset of the next message, as far as is known now; nullopt where none is kept.
  std::optional<std::uint64_t> expected_offset();
  void keep(const base::Frame& frame, HiddenFrom hidden, std::chrono::milliseconds age)
      MICROFRAME_REQUIRES(order_);
  void begin_history(std::string epoch, std::uint64_t last) MICROFRAME_REQUIRES(order_);
  // Drops what is too old.
  void expire_history() MICROFRAME_REQUIRES(order_);
  void note_history(bool written) MICROFRAME_REQUIRES(order_);
  Presence::Users put_in(const Presence::Users& joins) MICROFRAME_REQUIRES(order_);
  Presence::Users take_out(const Presence::Users& leaves) MICROFRAME_REQUIRES(order_);
  // base::ByteHolder
  base::Ref<const base::RefCounted> hold() const override {
    return base::Ref<const base::RefCounted>(this);
  }
  void give_up_bytes() override;
  // Numbers the frame and gives it to every loop with a receiver.
  void hand_out(base::Frame frame, Exclusion exclusion, Audience audience, Mark mark = {})
      MICROFRAME_REQUIRES(order_);
  // What hand_out() has posted runs on its loop.
  void arrive(std::size_t loop, Delivery& delivery);
  void note_coming(const Receiver& member) MICROFRAME_REQUIRES(order_);
  void note_going(const Receiver& member) MICROFRAME_REQUIRES(order_);
  void tell_presence(const Presence::Users& joins, const Presence::Users& leaves)
      MICROFRAME_REQUIRES(order_);
  void welcome(Receiver& member, bool entered, const JoinWish* wish) MICROFRAME_REQUIRES(order_);

  const std::vector<LoopPort*>& loops_;
  Surroundings& surroundings_;
  const RoomPolicy policy_;
  const Keeper keeper_;

  base::Mutex order_;
  // Taken out of the table: what is still published here would be lost.
  bool forgotten_ MICROFRAME_GUARDED_BY(order_) = false;
  // The number of the latest message or presence that was handed out. A member that is seated has
  // seen what came before.
  std::uint64_t sequence_ MICROFRAME_GUARDED_BY(order_) = 0;
  std::optional<History> history_ MICROFRAME_GUARDED_BY(order_);
  std::optional<Presence> presence_ MICROFRAME_GUARDED_BY(order_);
  // Posts under way, by loop. While there is one, what follows is posted behind it, from the loop
  // itself too.
  std::vector<std::size_t> pending_ MICROFRAME_GUARDED_BY(order_);
  // Of a log, what each loop was given last, while a post is under way there.
  std::vector<std::uint64_t> given_ MICROFRAME_GUARDED_BY(order_);
};

}  // namespace microframe::hub
