#include "modes.hpp"

#include <string>
#include <vector>

#include "acquaintances.hpp"
#include "broken.hpp"
#include "crowd.hpp"
#include "json_fields.hpp"
#include "messages.hpp"
#include "process.hpp"

namespace bench {
namespace {

std::string_view as_text(const Mark& mark) {
  return {mark.data(), mark.size()};
}

// ISO 8601, UTC, milliseconds.
bool is_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= '0' && text[i] <= '9' ? '0' : text[i];
    if (c != kShape[i]) return false;
  }
  return true;
}

// docs/reference/chat.md describes the messages. Without rooms, every user is in one room that
// needs no join.
class Chat {
 public:
  explicit Chat(const Options& options)
      : options_(options),
        crowd_(options),
        users_(options.connections),
        rooms_(options.rooms == 0 ? 1 : options.rooms),
        members_(options.connections / rooms_),
        under_way_(std::size_t{rooms_} * options.window),
        heard_(std::size_t{options.connections} * options.window) {
    if (options.connections % rooms_ != 0)
      throw Broken("--connections must be a multiple of --rooms");
    if (options.window > members_)
      throw Broken("--window must be no more than the members of a room");
    if (options.bytes < Mark{}.size())
      throw Broken("--bytes must be 16 or more: a text holds a mark");
    for (std::size_t i = Mark{}.size(); i < options.bytes; ++i)
      filler_ += static_cast<char>('a' + i % 26);
    if (options.deflate) deflate_.emplace();
  }

  Report run() {
    become_acquainted();
    if (options_.rooms != 0) enter_rooms();
    for (std::uint32_t slot = 0; slot < under_way_.size(); ++slot) send_next(slot, now_ns());
    Meter meter(options_, crowd_.received_bytes());
    while (!meter.finished()) {
      crowd_.turn([&](std::uint32_t index) {
        crowd_.read(index, [&](const Received& received) { on_message(index, received, meter); });
      });
    }
    return std::move(meter).report("chat");
  }

 private:
  // A message of a room. The next message takes its place once every member has received it.
  struct UnderWay {
    std::uint32_t number = 0;
    std::uint32_t deliveries = 0;
    std::uint64_t since_ns = 0;
    Mark mark{};
  };

  std::uint32_t room_of(std::uint32_t index) const { return index % rooms_; }
  std::string room_name(std::uint32_t room) const { return "room" + std::to_string(room); }
  std::uint32_t slot_of(std::uint32_t room, std::uint32_t window) const {
    return room * options_.window + window;
  }
  // Each message has another sender than the one before, and all members take their turn.
  std::uint32_t sender_of(std::uint32_t slot) const {
    const std::uint64_t turn =
        std::uint64_t{under_way_[slot].number} * options_.window + slot % options_.window;
    return slot / options_.window + static_cast<std::uint32_t>(turn % members_) * rooms_;
  }

  void send(std::uint32_t index, std::string_view json) {
    crowd_.send(index,
                masked_frame(deflate_ ? deflate_->compress(json) : json, Opcode::text, !!deflate_));
  }

  // Waits until every user knows every other one, because the announcements of new users are not
  // part of the measurement.
  void become_acquainted() {
    const auto on_news = [this](std::uint32_t index, const Received& received) {
      const JsonFields news(received.payload);
      if (news.text("type") == "user_joined") return users_.meet(index, news.text("user_id"));
      if (news.text("type") != "welcome") throw Broken("news that nobody asked for");
      users_.introduce(index, news.text("user_id"));
      for (const std::string_view user : news.list("users")) users_.meet(index, user);
    };
    crowd_.open_all(on_news);
    while (!users_.complete()) turn(on_news);
  }

  void enter_rooms() {
    for (std::uint32_t i = 0; i < crowd_.size(); ++i)
      send(i, R"({"type":"join_room","room":")" + room_name(room_of(i)) + "\"}");
    std::uint64_t missing = crowd_.size();
    missing += std::uint64_t{rooms_} * members_ * (members_ - 1) /
               2;  // each user is told of those who come later
    while (missing != 0) {
      turn([&](std::uint32_t index, const Received& received) {
        const JsonFields news(received.payload);
        if (news.text("room") != room_name(room_of(index))) throw Broken("news of another room");
        if (news.text("type") != "joined_room" && news.text("type") != "user_joined_room")
          throw Broken("news that nobody asked for");
        --missing;
      });
    }
  }

  template <class OnMessage>
  void turn(const OnMessage& on_message) {
    crowd_.turn([&](std::uint32_t index) {
      crowd_.read(index, [&](const Received& received) { on_message(index, received); });
    });
  }

  void send_next(std::uint32_t slot, std::uint64_t now) {
    UnderWay& message = under_way_[slot];
    message.deliveries = 0;
    message.since_ns = now;
    message.mark = make_mark(slot, message.number);
    std::string json = options_.rooms == 0
                           ? std::string(R"({"type":"chat_message","text":")")
                           : R"({"type":"room_message","room":")" +
                                 room_name(slot / options_.window) + R"(","text":")";
    json.append(as_text(message.mark)).append(filler_).append("\"}");
    send(sender_of(slot), json);
  }

  void on_message(std::uint32_t index, const Received& received, Meter& meter) {
    const std::uint32_t slot = identify(room_of(index), received);
    UnderWay& message = under_way_[slot];
    // A message that the member has received already is one behind its count, and a message
    // before that one is no longer under way.
    std::uint32_t& heard = heard_[std::size_t{index} * options_.window + slot % options_.window];
    if (heard++ != message.number) throw Broken("a delivery twice");
    if (++message.deliveries < members_) return;
    const std::uint64_t now = now_ns();
    meter.add(members_, message.since_ns, now);
    ++message.number;
    send_next(slot, now);
  }

  // Looks at every member of the JSON, but only once for all receivers of the same bytes.
  // returns: which of the messages under way in the room this is.
  std::uint32_t identify(std::uint32_t room, const Received& received) {
    if (received.payload == last_payload_ && last_slot_ / options_.window == room &&
        under_way_[last_slot_].mark == last_mark_)
      return last_slot_;
    if (received.binary) throw Broken("a binary message in a chat of text");
    const JsonFields fields(received.payload);
    if (fields.text("type") != (options_.rooms == 0 ? "chat_message" : "room_message"))
      throw Broken("news that nobody asked for: " + std::string(received.payload));
    if (options_.rooms != 0 && fields.text("room") != room_name(room))
      throw Broken("a message of another room");
    const std::uint32_t slot = find(room, fields.text("text"));
    if (fields.text("from") != users_.name(sender_of(slot)))
      throw Broken("a message from somebody else");
    if (!is_timestamp(fields.text("timestamp"))) throw Broken("a message without a time");
    last_payload_ = received.payload;
    last_slot_ = slot;
    last_mark_ = under_way_[slot].mark;
    return slot;
  }

  std::uint32_t find(std::uint32_t room, std::string_view text) const {
    if (text.size() == options_.bytes && text.substr(Mark{}.size()) == filler_) {
      for (std::uint32_t i = 0; i < options_.window; ++i) {
        const std::uint32_t slot = slot_of(room, i);
        if (text.starts_with(as_text(under_way_[slot].mark))) return slot;
      }
    }
    throw Broken("a text that is not under way in the room");
  }

  const Options& options_;
  Crowd crowd_;
  Acquaintances users_;
  const std::uint32_t rooms_;
  const std::uint32_t members_;       // of a room
  std::vector<UnderWay> under_way_;   // by room and window
  std::vector<std::uint32_t> heard_;  // by connection and window
  std::string filler_;
  std::optional<Deflate> deflate_;
  std::string last_payload_;
  std::uint32_t last_slot_ = 0;
  Mark last_mark_{};
};

}  // namespace

Report run_chat(const Options& options) {
  return Chat(options).run();
}

}  // namespace bench
