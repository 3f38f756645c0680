// A whole session with a hostile peer, over a real socket: what it sends after accept, and how it
// cuts that. Every session ends; each hook runs once; what the server says is a head or frames that
// a client of ours takes. A server that reads its peer no faster than a small budget says the same.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "hub/hub.hpp"
#include "microframe/authx.hpp"
#include "microframe/ws.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "proto/connection.hpp"
#include "proto/http_head.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_server.hpp"
#include "ws/site.hpp"

using namespace microframe;

namespace {

std::atomic<int> connects{0};
std::atomic<int> disconnects{0};

class Rooms : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket&, const ws::UserId&) { ++connects; }
  Json on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    const std::string room = text_or(message, "join", "r");
    join_room(socket, room);
    broadcast_to_room(room, message);
    if (message.is_object() && message.get_object().contains("leave")) leave_room(user, room);
    if (message.is_object() && message.get_object().contains("close"))
      socket.close(4000, text(message, "close"));
    return {{"rooms", array_of(socket.rooms())}, {"text", text_or(message, "text", "")}};
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&) { ++disconnects; }
};

class Waits : public ws::BaseWebSocket {
 public:
  void on_connect(ws::WebSocket&, const ws::UserId&) { ++connects; }
  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    auto work = offload([] {});
    co_await work;
    socket.send(message);
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&) { ++disconnects; }
};

Limits limits() {
  Limits result;
  result.message_bytes_max = 2048;
  result.fragments_max = 8;
  result.waiting_bytes_max = 256;
  result.rooms_per_connection_max = 3;
  // The peer sends all before it reads anything.
  result.outbox_bytes_max = 64 << 20;
  result.handshakes_per_second = 0;
  result.handshakes_per_address_per_second = result.handshakes_per_user_per_second = 0;
  return result;
}

// No limit that depends on when bytes come.
Limits patient_limits() {
  Limits result = limits();
  result.messages_per_second = 0;
  result.bytes_per_second = 0;
  return result;
}

// Reading stops after some kilobytes, until a deadline of the loop has come.
Limits small_budget() {
  Limits result = patient_limits();
  result.bytes_per_second = 1'000'000;
  result.bytes_burst = 4096;
  return result;
}

// Serves on a thread of its own until the process ends.
class Server {
 public:
  // name: of its socket, beside others of this process.
  Server(const std::string& name, const Limits& limits)
      : site_(limits, Compression{}, TrustedProxies{}), server_(loop_, 0, site_) {
    base::log::set_level(base::log::Level::off);
    add<Rooms>("/rooms");
    add<Waits>("/waits");
    path_ = "/tmp/microframe-fuzz-" + std::to_string(::getpid()) + "-" + name + ".sock";
    auto sockets = net::open_listen_sockets(net::parse_address("unix:" + path_), 1);
    server_.listen(std::move(sockets.front()));
    std::thread([this] { loop_.run(); }).detach();
  }

  int connect() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      std::abort();
    return fd;
  }
  const std::string& path() const { return path_; }
  std::size_t connections() const { return site_.registries.admission.connections(); }
  std::string token() const { return authx::create_access_token(auth_, "alice"); }

 private:
  template <class T>
  void add(std::string path) {
    auto& endpoint = site_.settings.routes.endpoints.emplace_back(std::make_unique<ws::Endpoint>(
        ws::WebSocketRoute(std::move(path), std::make_unique<T>(), auth_).take()));
    endpoint->open({&server_.context()}, site_.settings.limits, site_.settings.rooms,
                   site_.registries, site_.counts);
  }

  const authx::AuthConfig auth_{std::string(32, 's')};
  net::Loop loop_;
  ws::Site site_;
  ws::LoopServer server_;
  std::string path_;
};

// They live until the process ends.
struct Servers {
  const Server& usual = *new Server("usual", limits());
  const Server& patient = *new Server("patient", patient_limits());
  const Server& small = *new Server("small", small_budget());
};

const Servers& servers() {
  static const Servers* const made = [] {
    auto* all = new Servers();
    std::atexit([] {
      for (const Server* one : {&servers().usual, &servers().patient, &servers().small})
        ::unlink(one->path().c_str());
    });
    return all;
  }();
  return *made;
}

// What a first byte says of a session.
struct Choices {
  explicit Choices(unsigned char byte)
      : shakes_hands((byte & 1) != 0), waits((byte & 2) != 0), piece(1U + (byte >> 2) * 8U) {}
  // Two servers hear the input, many times in a row, and must say the same: one of them stops reading
  // for its budget and for its turn. Seldom, because that takes time; and not where a hook waits,
  // because what it sends then, and what answers Pings meanwhile, come in no certain order.
  bool compares() const { return shakes_hands && !waits && piece == 1U + 63U * 8U; }
  bool shakes_hands;  // a good request comes first, and the input is what follows
  bool waits;         // to the endpoint whose hook is a coroutine
  std::size_t piece;  // the size of what is sent at once
};

std::string good_request(bool waits) {
  static const std::string token = servers().usual.token();
  return std::string("GET ") + (waits ? "/waits" : "/rooms") + "?token=" + token +
         " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

std::size_t hear_some(int fd, std::string& heard) {
  pollfd wait{fd, POLLIN, 0};
  if (::poll(&wait, 1, 10'000) <= 0) std::abort();  // stuck
  char some[16384];
  const ssize_t size = ::recv(fd, some, sizeof some, 0);
  if (size > 0) heard.append(some, static_cast<std::size_t>(size));
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

// Sends all; once so many bytes have come it sends nothing more, and hears the server out.
std::string play(const Server& server, std::string_view request, std::string_view bytes,
                 std::size_t piece, std::size_t heard_first = 0) {
  const int fd = server.connect();
  ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), std::min(bytes.size(), piece), MSG_NOSIGNAL);
    if (sent <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string heard;
  while (heard.size() < heard_first && hear_some(fd, heard) != 0) {
  }
  ::shutdown(fd, SHUT_WR);
  while (hear_some(fd, heard) != 0) {
  }
  ::close(fd);
  return heard;
}

void check_answer(std::string heard) {
  const std::size_t end = heard.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (!heard.empty()) std::abort();  // half a head
    return;
  }
  const auto head =
      proto::parse_response_head(std::string_view(heard).substr(0, end + 4), proto::HeadLimits{});
  if (!head) std::abort();
  if (head->status != 101) return;
  proto::Connection client(proto::Role::client, proto::ConnectionLimits{});
  base::MutableBytes in{reinterpret_cast<std::byte*>(heard.data()) + end + 4,
                        heard.size() - end - 4};
  while (true) {
    const proto::Event event = client.next(in);
    if (event.kind == proto::Event::Kind::need_more) return;
    if (event.kind == proto::Event::Kind::failed) std::abort();
    if (event.kind == proto::Event::Kind::close && !in.empty())
      std::abort();  // §5.5.1: nothing after a Close
  }
}

// The stream's end is seen here before the server has let go of it.
void wait_for_the_end(const Server& server) {
  for (int i = 0; connects != disconnects || server.connections() != 0; ++i) {
    if (i > 1'000'000) std::abort();
    if (i > 100) ::usleep(10);
  }
}

// What a server reads later it must neither lose nor put in another order.
void compare(std::string_view request, std::string_view bytes, std::size_t piece) {
  constexpr int kTimes = 32;
  std::string all;
  for (int i = 0; i < kTimes; ++i) all += bytes;
  const std::string expected = play(servers().patient, request, all, piece);
  wait_for_the_end(servers().patient);
  if (play(servers().small, request, all, piece, expected.size()) != expected) std::abort();
  wait_for_the_end(servers().small);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const Choices choices(data[0]);
  const std::string request = choices.shakes_hands ? good_request(choices.waits) : std::string();
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  check_answer(play(servers().usual, request, bytes, choices.piece));
  wait_for_the_end(servers().usual);
  if (choices.compares()) compare(request, bytes, choices.piece);
  return 0;
}
