// Visit: the stay of a client at one node, as the hub there knows it. On its loop.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/since.hpp"
#include "hub/member.hpp"
#include "hub/sink.hpp"
#include "simulation/nodes/process.hpp"

namespace microframe::simulation::nodes {

class Visit;

// Whom a visit tells what it is told.
class VisitHost {
 public:
  virtual void hear(const Visit& visit, const base::Frame& frame, const hub::Mark& mark) = 0;
  virtual void joined(const Visit& visit, const hub::Joined& joined) = 0;
  virtual void left(const Visit& visit, std::string_view room) = 0;
  // The application has it disconnected.
  virtual void dismissed() = 0;

 protected:
  ~VisitHost() = default;
};

class Visit final : public hub::Member {
 public:
  struct Name {
    std::string session;
    std::string device;
  };
  // Both outlive end().
  Visit(VisitHost& host, Process& process, std::string user, std::size_t loop, Name name)
      : Member(std::move(user), loop), host_(&host), process_(process), name_(std::move(name)) {}

  std::string_view session() const override { return name_.session; }
  std::string device() const override { return name_.device; }
  Process& process() const { return process_; }
  SimLoop& on() const { return *process_.loops()[loop()]; }
  // Nobody is told anything any more.
  void end() { host_ = nullptr; }

 private:
  // hub::Member
  void revoke(std::string_view) override {
    on().post([held = base::Ref<Visit>(this)] {
      if (held->host_) held->host_->dismissed();
    });
  }
  // hub::Sink
  void deliver(const base::Frame& frame) override {
    if (host_) host_->hear(*this, frame, {});
  }
  void deliver_marked(const base::Frame& frame, const hub::Mark& mark) override {
    if (host_) host_->hear(*this, frame, mark);
  }
  void joined(const hub::Joined& joined) override {
    if (host_) host_->joined(*this, joined);
  }
  void left(std::string_view room) override {
    if (host_) host_->left(*this, room);
  }

  VisitHost* host_;  // nullptr: it has ended
  Process& process_;
  const Name name_;
};

}  // namespace microframe::simulation::nodes
