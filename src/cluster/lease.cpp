#include "cluster/lease.hpp"

#include <optional>
#include <utility>

#include "base/wire.hpp"
#include "cluster/names.hpp"

namespace microframe::cluster {
namespace {

using hub::Broker;
using Notes = std::vector<std::optional<std::string>>;
template <class T>
using Outcome = base::Result<T, Broker::Failure>;

constexpr std::chrono::seconds kRetry{1};

}  // namespace

Lease::Lease(Broker& broker, Turns& turns, std::string node, std::uint64_t incarnation)
    : broker_(broker), turns_(turns), node_(std::move(node)), incarnation_(incarnation) {}

// Each renewal writes other bytes: that is how a living holder shows.
std::string Lease::next_bytes() {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.fixed(incarnation_);
  writer.number(++renewals_);
  return bytes;
}

bool Lease::is_own(const std::string& bytes) const {
  return base::WireReader(bytes).fixed() == incarnation_;
}

void Lease::claim(std::function<void(bool)> done) {
  attempt({}, std::move(done));
}

void Lease::attempt(std::string seen, std::function<void(bool)> done) {
  broker_.put(lease_note(node_), next_bytes(), kTime, true,
              [this, seen = std::move(seen), done = std::move(done)](const Outcome<bool>& put) {
                if (put && *put) return done(true);
                if (!put) return try_later(seen, done);
                look(seen, done);
              });
}

// seen: what the lease of another said the last time; "": it was not seen yet.
void Lease::look(std::string seen, std::function<void(bool)> done) {
  broker_.get({lease_note(node_)},
              [this, seen = std::move(seen), done = std::move(done)](const Outcome<Notes>& found) {
                const bool is_there = found && found->size() == 1 && found->front();
                if (!is_there) return try_later(seen, done);
                const std::string& now = *found->front();
                // The put before had succeeded, though its answer was lost.
                if (is_own(now)) return done(true);
                if (!seen.empty() && now != seen) return done(false);
                try_later(now, done);
              });
}

void Lease::try_later(std::string seen, std::function<void(bool)> done) {
  turns_.after(kRetry,
               [this, seen = std::move(seen), done = std::move(done)] { attempt(seen, done); });
}

void Lease::renew(const std::vector<std::string>& others, std::function<void(const Found&)> done) {
  std::vector<std::string> names{lease_note(node_), settled_note(node_, incarnation_)};
  for (const std::string& node : others) names.push_back(lease_note(node));
  broker_.get(std::move(names), [this, others, done = std::move(done)](const Outcome<Notes>& told) {
    if (!told || told->size() != others.size() + 2) return;
    const Notes& notes = *told;
    Found found;
    found.taken = notes[0] && !is_own(*notes[0]);
    if (found.taken) return done(found);
    found.lost = !notes[0];
    found.settled = notes[1].has_value();
    if (!found.lost)
      for (std::size_t i = 0; i < others.size(); ++i)
        if (!notes[i + 2]) found.missing.push_back(others[i]);
    broker_.put(lease_note(node_), next_bytes(), kTime, false, [](const Outcome<bool>&) {});
    done(found);
  });
}

void Lease::give_up(std::function<void()> done) {
  using Taken = std::optional<std::string>;
  broker_.take(lease_note(node_), [done = std::move(done)](const Outcome<Taken>&) { done(); });
}

}  // namespace microframe::cluster
