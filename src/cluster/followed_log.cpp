#include "cluster/followed_log.hpp"

#include <utility>

#include "base/log.hpp"
#include "cluster/parcel_codec.hpp"

namespace microframe::cluster {

using hub::Broker;

FollowedLog::FollowedLog(Broker& broker, hub::Arrivals& arrivals, Counts& counts, std::string log,
                         std::string room, std::function<void()> level)
    : broker_(broker),
      arrivals_(arrivals),
      counts_(counts),
      log_(std::move(log)),
      room_(std::move(room)),
      level_(std::move(level)) {}

void FollowedLog::pump() {
  note();
  switch (order_.wish()) {
    case LogOrder::Wish::nothing:
      break;
    case LogOrder::Wish::read:
      return read();
    case LogOrder::Wish::renew:
      return renew();
  }
  if (level_ && order_.is_level()) std::exchange(level_, nullptr)();
}

void FollowedLog::read() {
  order_.asked();
  broker_.read(log_, order_.read_from(), kPage,
               [weak = weak_from_this()](base::Result<Broker::Page, Broker::Failure> page) {
                 const auto self = weak.lock();
                 if (!self) return;
                 if (!page) return self->order_.failed();
                 self->give(self->order_.page(*page));
                 self->pump();
               });
}

void FollowedLog::renew() {
  order_.asked();
  broker_.renew(log_, order_.renew_epoch(),
                [weak = weak_from_this()](base::Result<Broker::Position, Broker::Failure> to) {
                  const auto self = weak.lock();
                  if (!self) return;
                  if (!to) return self->order_.failed();
                  self->give(self->order_.renewed(*to));
                  self->pump();
                });
}

void FollowedLog::entry(std::uint64_t epoch, const Broker::Entry& entry) {
  give(order_.entry(epoch, entry));
  pump();
}

void FollowedLog::interrupted() {
  order_.interrupted();
  pump();
}

void FollowedLog::look() {
  order_.look();
  pump();
}

void FollowedLog::give(const LogOrder::Steps& steps) {
  for (const LogOrder::Step& step : steps) {
    if (!step.entry) {
      arrivals_.log_moved(room_, step.position);
      continue;
    }
    ++counts_.messages_in;
    if (const auto parcel = read_entry(step.entry->bytes)) {
      arrivals_.appended(room_, step.position, step.entry->age, *parcel);
    } else {
      // Of a later version: lost here, and the members are told so.
      ++counts_.not_understood;
      arrivals_.log_moved(room_, step.position);
    }
  }
}

// Counts what is new.
void FollowedLog::note() {
  counts_.log_gaps += order_.gaps() - std::exchange(gaps_, order_.gaps());
  counts_.log_losses += order_.losses() - std::exchange(losses_, order_.losses());
  const std::uint64_t forks = order_.forks() - std::exchange(forks_, order_.forks());
  counts_.log_forks += forks;
  if (forks != 0)
    base::log::limited(base::log::Level::warning, "log_forked",
                       {{"log", log_}, {"last", std::to_string(order_.at().offset)}});
}

}  // namespace microframe::cluster
