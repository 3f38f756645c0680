#include "crowd.hpp"

#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "broken.hpp"

namespace bench {
namespace {

constexpr std::uint32_t kConnectingMax = 256;
constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::size_t kEventsMax = 1024;

}  // namespace

Crowd::Crowd(const Options& options)
    : options_(options),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      handshakes_(options.target, options.tokens, options.deflate),
      buffer_(kBufferBytes),
      events_(kEventsMax) {
  if (options.deflate) wire_.deflate = &deflate_;
  wire_.dialect = options.dialect.get();
  if (options.from) from_.emplace(*options.from, options.tokens, options.deflate);
  clients_.reserve(options.connections);
}

Crowd::~Crowd() {
  ::close(poll_);
}

void Crowd::add() {
  clients_.emplace_back();
  renew(size() - 1);
}

void Crowd::renew(std::uint32_t index) {
  Place& place = clients_[index];
  // The old client goes first, because its descriptor leaves epoll when it is closed.
  place = {};
  const bool sends = from_ && index >= options_.connections;
  place.client = std::make_unique<Client>(sends ? *options_.from : options_.target,
                                          sends ? from_->next() : handshakes_.next(), wire_);
  watch(index);
}

void Crowd::open_all(const OnMessage& on_message) {
  std::uint32_t opened = 0;
  const std::uint32_t wanted = options_.connections + (from_ ? 1 : 0);
  while (opened < wanted) {
    while (size() < wanted && size() - opened < kConnectingMax) add();
    turn([&](std::uint32_t index) {
      const bool was_open = (*this)[index].state() == Client::State::open;
      read(index, [&](const Received& received) { on_message(index, received); });
      if (!was_open && (*this)[index].state() == Client::State::open) ++opened;
    });
  }
}

void Crowd::open_all() {
  open_all([](std::uint32_t, const Received&) { throw Broken("a message that nobody asked for"); });
}

void Crowd::send(std::uint32_t index, std::string_view frames) {
  (*this)[index].send(frames);
  watch(index);
}

void Crowd::send_close(std::uint32_t index) {
  (*this)[index].send_close();
  watch(index);
}

std::span<const epoll_event> Crowd::wait(std::chrono::nanoseconds patience) {
  constexpr long kSecond = 1'000'000'000;
  const timespec limit{patience.count() / kSecond, patience.count() % kSecond};
  do {
    happened_ = ::epoll_pwait2(poll_, events_.data(), kEventsMax, &limit, nullptr);
  } while (happened_ < 0 && errno == EINTR);
  return std::span(events_).first(static_cast<std::size_t>(happened_));
}

void Crowd::on_writable(std::uint32_t index) {
  (*this)[index].on_writable();
  watch(index);
}

void Crowd::watch(std::uint32_t index) {
  Place& place = clients_[index];
  const std::uint32_t wanted = place.client->wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (wanted == place.watched) return;
  epoll_event event{};
  event.events = wanted;
  event.data.u32 = index;
  ::epoll_ctl(poll_, place.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, place.client->fd(),
              &event);
  place.watched = wanted;
}

void Crowd::complain_of_silence() {
  throw Broken("nothing has come for ten seconds");
}

}  // namespace bench
