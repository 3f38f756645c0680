#include "cluster/redis_check.hpp"

#include <charconv>
#include <memory>
#include <set>
#include <utility>

#include "cluster/redis_command.hpp"

namespace microframe::cluster {
namespace {

using Kind = RedisReply::Kind;

// The value of a line "name:value" of INFO; "" if there is none.
std::string_view value_of(std::string_view info, std::string_view name) {
  for (std::size_t at = info.find(name); at != std::string_view::npos;
       at = info.find(name, at + 1)) {
    if (at != 0 && info[at - 1] != '\n') continue;
    const std::string_view value = info.substr(at + name.size());
    if (value.starts_with(':')) return value.substr(1, value.find_first_of("\r\n") - 1);
  }
  return {};
}

long long number_of(std::string_view text) {
  long long number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What is being found out about one Redis.
struct Inquiry {
  RedisFindings findings;
  std::string maxmemory;
  std::set<std::string> refused;  // what an ACL forbids, in Redis's words
  RedisCheck::Done done;

  ~Inquiry() {
    for (const std::string& why : refused)
      findings.problems.push_back(why + ": give the user this right (ACL SETUSER)");
    done(std::move(findings));
  }
};

// The answer to CONFIG GET; "" if there is none.
std::string setting_of(const RedisReply& reply) {
  return reply.items.size() == 2 ? reply.items[1].text : std::string();
}

// What a broker does, done once where it harms nobody: only the rights are of interest.
std::vector<std::string> deeds(const RedisKeys& keys, unsigned partition) {
  const std::string key = keys.roll(partition, ".check");
  const std::vector<RedisArguments> all = {
      {"EVAL", "return 1", "1", key},
      {"EVALSHA", std::string(40, '0'), "1", key},
      {"TIME"},
      {"XADD", key, "NOMKSTREAM", "1-1", "m", "x"},
      {"XRANGE", key, "-", "+", "COUNT", "1"},
      {"XREVRANGE", key, "+", "-", "COUNT", "1"},
      {"XDEL", key, "1-1"},
      {"XTRIM", key, "MAXLEN", "0"},
      {"HSET", key, "check", "1"},
      {"HGET", key, "check"},
      {"HEXISTS", key, "check"},
      {"HSCAN", key, "0"},
      {"HDEL", key, "check"},
      {"SADD", key, "check"},
      {"SMEMBERS", key},
      {"PTTL", key},
      {"PEXPIRE", key, "1"},
      {"UNLINK", key},
      {"SET", key, "x", "PX", "1"},
      {"GET", key},
      {"GETDEL", key},
  };
  std::vector<std::string> commands;
  commands.reserve(all.size());
  for (const RedisArguments& each : all) commands.push_back(redis_command(each));
  return commands;
}

}  // namespace

void RedisCheck::read_version(std::string_view info, RedisFindings& findings) {
  const std::string_view version = value_of(info, "redis_version");
  if (version.empty()) {
    findings.doubts.emplace_back("INFO does not tell Redis's version: 7.0 or later is needed");
  } else if (number_of(version) < 7) {
    findings.problems.push_back("this is Redis " + std::string(version) +
                                ": 7.0 or later is needed, where XADD numbers entries itself "
                                "(XADD key <epoch>-*)");
  }
}

void RedisCheck::read_memory(std::string_view maxmemory, std::string_view policy,
                             RedisFindings& findings) {
  if (number_of(maxmemory) == 0 || policy.empty() || policy == "noeviction") return;
  findings.problems.push_back("maxmemory-policy is " + std::string(policy) +
                              ", by which Redis throws logs and notes away when maxmemory is "
                              "reached: CONFIG SET maxmemory-policy noeviction");
}

// "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
void RedisCheck::read_buffer_limit(std::string_view limits, RedisFindings& findings) {
  constexpr std::string_view kClass = "pubsub ";
  const std::size_t at = limits.find(kClass);
  if (at == std::string_view::npos) return;
  const std::string_view hard = limits.substr(at + kClass.size());
  if (number_of(hard) == 0 || number_of(hard) >= kPubsubBytesMin) return;
  findings.problems.push_back("client-output-buffer-limit cuts a subscriber at " +
                              std::to_string(number_of(hard)) +
                              " bytes, which a burst of messages reaches: CONFIG SET "
                              "client-output-buffer-limit \"pubsub 33554432 8388608 60\"");
}

void RedisCheck::read_replicas(std::string_view info, RedisFindings& findings) {
  if (number_of(value_of(info, "connected_slaves")) > 0) return;
  findings.problems.emplace_back(
      "durable messages are asked for, but this Redis has no replica: start one (REPLICAOF)");
}

void RedisCheck::ask(const Send& send, const RedisKeys& keys, unsigned partition, bool durable,
                     Done done) {
  // Ends, and tells, once the last answer lets go of it.
  const auto inquiry = std::make_shared<Inquiry>();
  inquiry->done = std::move(done);
  const auto question = [&](const RedisArguments& command, auto read) {
    send(redis_command(command), [inquiry, read](RedisReply& reply) {
      if (reply.kind == Kind::lost) {
        inquiry->findings.problems = {"the connection was lost while Redis was asked"};
      } else if (reply.is_error("NOPERM")) {
        inquiry->findings.doubts.push_back("cannot look at the settings: " + reply.text);
      } else {
        read(*inquiry, reply);
      }
    });
  };
  question({"INFO", "server"},
           [](Inquiry& of, const RedisReply& reply) { read_version(reply.text, of.findings); });
  question({"CONFIG", "GET", "maxmemory"},
           [](Inquiry& of, const RedisReply& reply) { of.maxmemory = setting_of(reply); });
  question({"CONFIG", "GET", "maxmemory-policy"}, [](Inquiry& of, const RedisReply& reply) {
    read_memory(of.maxmemory, setting_of(reply), of.findings);
  });
  question({"CONFIG", "GET", "client-output-buffer-limit"},
           [](Inquiry& of, const RedisReply& reply) {
             read_buffer_limit(setting_of(reply), of.findings);
           });
  if (durable) {
    question({"INFO", "replication"},
             [](Inquiry& of, const RedisReply& reply) { read_replicas(reply.text, of.findings); });
  }
  const auto deed = [inquiry](RedisReply& reply) {
    if (reply.is_error("NOPERM")) inquiry->refused.insert(reply.text);
  };
  for (const std::string& command : deeds(keys, partition)) send(command, deed);
  const std::string channel = keys.channel_of(partition, ".check");
  send(redis_command({"PUBLISH", channel, ""}), deed);
  if (durable) send(redis_command({"WAIT", "0", "1"}), deed);
}

}  // namespace microframe::cluster
