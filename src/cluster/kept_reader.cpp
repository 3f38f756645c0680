#include "cluster/kept_reader.hpp"

#include <algorithm>
#include <utility>

#include "cluster/parcel_codec.hpp"

namespace microframe::cluster {

using hub::Broker;

KeptReader::KeptReader(Broker& broker, std::string log, const hub::RoomPolicy& policy,
                       std::size_t limit, Told told)
    : broker_(broker),
      log_(std::move(log)),
      policy_(policy),
      limit_(limit),
      told_(std::move(told)) {}

void KeptReader::read(std::uint64_t from) {
  if (limit_ == kept_.size()) return told_(std::move(kept_));
  broker_.read(log_, from, limit_ - kept_.size(),
               [self = shared_from_this()](base::Result<Broker::Page, Broker::Failure> page) {
                 if (!page) return self->told_(base::fail(page.error()));
                 self->take(*page);
               });
}

void KeptReader::take(const Broker::Page& page) {
  for (const Broker::Entry& entry : page.entries) {
    const auto parcel = read_entry(entry.bytes);
    if (!parcel || !is_kept(page, entry)) continue;
    kept_.push_back(
        {entry.offset, parcel->kind == hub::Parcel::Kind::binary, std::string(parcel->content)});
  }
  if (page.entries.empty() || page.entries.back().offset >= page.last)
    return told_(std::move(kept_));
  const std::uint64_t too_many =
      page.last - std::min<std::uint64_t>(page.last, policy_.history_max);
  read(std::max(page.entries.back().offset, too_many) + 1);
}

bool KeptReader::is_kept(const Broker::Page& page, const Broker::Entry& entry) const {
  return entry.offset + policy_.history_max > page.last && entry.age < policy_.history_age;
}

}  // namespace microframe::cluster
