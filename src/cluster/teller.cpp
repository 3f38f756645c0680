#include "cluster/teller.hpp"

#include <algorithm>
#include <new>
#include <set>
#include <utility>

#include "cluster/bus_message.hpp"
#include "cluster/names.hpp"

namespace microframe::cluster {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kRecordsMax = 500;  // in one message

}  // namespace

void Teller::in_parts(Site& site, const Names& users, const std::function<std::uint64_t()>& number,
                      const std::function<void(const std::string& body)>& send) {
  for (std::size_t begin = 0; begin < users.size(); begin += kRecordsMax) {
    const std::size_t end = std::min(users.size(), begin + kRecordsMax);
    Records records;
    records.number = number();
    for (std::size_t i = begin; i < end; ++i)
      records.records.push_back({site.endpoint(), users[i], site.arrivals().record(users[i])});
    for (const Record& one : records.records)
      site.roll().set(std::string(one.user), one.record.receiving != 0);
    send(write_body(records));
  }
}

void Teller::tell() {
  for (const auto& site : sites_) {
    try {
      tell(*site);
    } catch (const std::bad_alloc&) {
      site->dirty().add_all();
    }
  }
}

void Teller::tell(Site& site) {
  const DirtyUsers::Taken taken = site.dirty().take();
  in_parts(
      site, Names(taken.users.begin(), taken.users.end()), [this] { return ++number_; },
      [this](const std::string& body) {
        outgoing_.publish(std::string(kClusterTopic), ItemKind::changes, body);
      });
  if (!taken.all) return;
  // Nobody knows any more who has changed: others find a gap, and ask for the whole.
  ++number_;
  site.roll().set_all(site.arrivals().users_here());
  beat();
}

void Teller::beat() {
  outgoing_.publish(std::string(kClusterTopic), ItemKind::beat, write_number(number_));
}

void Teller::beat_to(std::string_view node) {
  outgoing_.to_node(node, ItemKind::beat, write_number(number_));
}

void Teller::tell_whole(std::string_view node) {
  outgoing_.to_node(node, ItemKind::whole_begin, write_number(number_));
  for (const auto& site : sites_)
    in_parts(
        *site, site->arrivals().users_here(), [this] { return number_; },
        [&](const std::string& body) { outgoing_.to_node(node, ItemKind::whole_part, body); });
  outgoing_.to_node(node, ItemKind::whole_end, write_number(number_));
}

}  // namespace microframe::cluster
