// What a server of microframe.v1, a network and an application may do to a client: a line an event.
// Its first letter says which; a frame of the server's is the rest of the line, as it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>

#include "v1/client_session.hpp"
#include "v1/names.hpp"

namespace {

namespace v1 = microframe::v1;

void check(bool holds) {
  if (!holds) std::abort();
}

v1::ClientSession::Options options() {
  v1::ClientSession::Options made;
  made.queue = {20, 1000};
  made.pace = {10, 5};
  return made;
}

class World {
 public:
  void play(std::string_view line) {
    if (line.empty()) return;
    event(line.front(), line.substr(1));
    look();
    // Whatever has happened, time goes on: nothing is due for ever.
    const auto due = session_.deadline_ms();
    if (due && *due <= now_) {
      session_.on_deadline(now_, chance_);
      look();
      const auto next = session_.deadline_ms();
      check(!next || *next > now_);
    }
  }
  void end() {
    session_.close(1000, "");
    look();
    if (open_) session_.ended(v1::ConnectionEnd(1000, ""), now_, chance_);
    look();
    check(session_.state() == microframe::ClientState::closed || last_ticket_ == 0 || !begun_);
    if (begun_) check(settled_.size() == last_ticket_);
  }

 private:
  void event(char kind, std::string_view rest) {
    switch (kind) {
      case 'c':
        begun_ = true;
        return session_.connect(now_);
      case 'k':
        if (fetching_) session_.token(std::string(rest), rest.size() * 100, now_);
        fetching_ = false;
        return;
      case 'K':
        if (fetching_) session_.token_failed("none", now_, chance_);
        fetching_ = false;
        return;
      case 'o':
        return open(rest.empty() ? v1::kSubprotocol : rest);
      case 'f':
        if (open_) session_.text(rest, now_);
        return;
      case 'b':
        if (open_) session_.binary(microframe::base::as_bytes(rest), now_);
        return;
      case 'l':
        return lose(static_cast<std::uint16_t>(1000 + (rest.empty() ? 6 : rest.front() % 16)));
      case 'L':
        return lose(static_cast<std::uint16_t>(4400 + (rest.empty() ? 1 : rest.front() % 30)));
      case 't':
        return pass(rest.empty() ? 1'000 : static_cast<std::uint64_t>(rest.front()) * 200);
      default:
        return wish(kind, rest);
    }
  }
  void wish(char kind, std::string_view rest) {
    switch (kind) {
      case 's':
        return session_.send(++last_ticket_, "1", now_);
      case 'S':
        return session_.send_binary(++last_ticket_, std::string(rest), now_);
      case 'j': {
        v1::ClientSession::Entry entry;
        entry.room = rest.substr(0, 1);
        if (rest.size() > 1) entry.last = 2;
        if (rest.size() > 2) {
          entry.since.emplace();
          entry.since->epoch = "e";
        }
        return session_.join(++last_ticket_, std::move(entry), now_);
      }
      case 'v':
        return session_.leave(++last_ticket_, std::string(rest.substr(0, 1)), now_);
      case 'p':
        return session_.post("1", now_);
      case 'r':
        return session_.refresh(++last_ticket_, std::string(rest), std::nullopt, now_);
      case 'x':
        return session_.close(1000, "");
      default:
        return;
    }
  }
  void open(std::string_view subprotocol) {
    if (opening_) session_.opened(subprotocol, now_);
    opening_ = false;
  }
  void lose(std::uint16_t code) {
    if (!open_) return;
    open_ = opening_ = false;
    session_.ended(v1::ConnectionEnd(code, ""), now_, chance_);
  }
  void pass(std::uint64_t ms) {
    now_ += ms;
    chance_ = chance_ < 0.5 ? chance_ + 0.4 : chance_ - 0.4;
    if (session_.deadline_ms() && *session_.deadline_ms() <= now_)
      session_.on_deadline(now_, chance_);
  }

  void look() {
    // What is answered in there asks for more.
    for (auto actions = session_.take_actions(); !actions.empty();
         actions = session_.take_actions()) {
      for (auto& action : actions) std::visit([this](auto& one) { note(one); }, action);
    }
  }
  void note(const v1::FetchToken&) {
    // One at a time; a call that hangs is given up, and only then is another begun.
    check(!fetching_ || now_ >= fetched_at_ + v1::ClientSession::Options().token_ms);
    fetching_ = true;
    fetched_at_ = now_;
  }
  void note(const v1::OpenConnection& open) {
    check(!open_ && !open.subprotocols.empty());
    open_ = opening_ = true;
  }
  void note(const v1::Transmit& frame) { check(open_ && !opening_ && !frame.bytes.empty()); }
  void note(const v1::CloseConnection&) { check(open_); }
  void note(const v1::DropConnection&) {
    check(open_);
    open_ = opening_ = false;
  }
  void note(const v1::Settle& settle) {
    check(settle.ticket <= last_ticket_ && settled_.insert(settle.ticket).second);
  }
  void note(const v1::TellMessage& message) {
    if (message.id == 0) rises(message.room, message.offset);
    // Some are answered at once.
    if (message.id % 2 == 1)
      session_.answer(message, message.id % 3 == 0 ? &message.data : nullptr);
  }
  void note(const v1::TellBinary& binary) { rises(binary.room, binary.offset); }
  void note(const microframe::JoinedRoom& room) { read_.erase(room.room); }
  void note(const microframe::LeftRoom& room) { read_.erase(room.room); }
  template <class Other>
  void note(const Other&) {}

  // Between two times that a room is entered each offset is told once, and they rise.
  void rises(const std::string& room, const std::optional<std::uint64_t>& offset) {
    if (!offset || !session_.rooms().position(room, "s")) return;
    const auto [read, is_new] = read_.try_emplace(room, *offset);
    check(is_new || *offset > read->second);
    read->second = *offset;
  }

  v1::ClientSession session_{options()};
  std::uint64_t now_ = 1'000'000;
  double chance_ = 0.3;
  bool begun_ = false;
  bool fetching_ = false;
  std::uint64_t fetched_at_ = 0;
  bool open_ = false;
  bool opening_ = false;
  std::uint64_t last_ticket_ = 0;
  std::set<std::uint64_t> settled_;
  std::map<std::string, std::uint64_t> read_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  World world;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    world.play(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  world.end();
  return 0;
}
