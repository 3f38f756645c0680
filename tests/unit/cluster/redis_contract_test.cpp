// A Redis on loopback passes the contract of every broker: alone, with a user and TLS.

#include <memory>
#include <string>
#include <utility>

#include "cluster/redis_client.hpp"
#include "support/certificates.hpp"
#include "support/redis_server.hpp"
#include "unit/cluster/broker_contract.hpp"

namespace microframe::cluster {
namespace {

class StandaloneBench : public test::BrokerBench {
 public:
  std::unique_ptr<hub::Broker> make() override {
    return std::make_unique<RedisClient>(RedisBroker(redis_.url()));
  }
  void lose_everything() override { redis_.ask("FLUSHALL"); }
  void cut() override { redis_.kill(); }
  void mend() override { redis_.start(); }

 private:
  test::RedisProcess redis_;
};

// A user with the rights that docs name, a prefix, another database, and TLS with certificates on
// both sides.
class GuardedBench final : public test::BrokerBench {
 public:
  std::unique_ptr<hub::Broker> make() override {
    RedisBroker broker(
        "rediss://micro%3Aframe:p%40ss%2Fword@localhost:" + std::to_string(redis_.port()) + "/3");
    broker.prefix("app").ca_file(authority_file_.path());
    broker.client_certificate(certificate_file_.path(), key_file_.path());
    return std::make_unique<RedisClient>(broker);
  }
  // The shell speaks no TLS: the second port is a plain one.
  void lose_everything() override { test::RedisShell(plain_port_).ask("FLUSHALL"); }
  void cut() override { redis_.kill(); }
  void mend() override { redis_.start(); }

 private:
  static test::CertificateSpec authority() {
    test::CertificateSpec spec;
    spec.common_name = "authority";
    spec.names = "";
    spec.is_authority = true;
    return spec;
  }

  const test::Certificate authority_{authority()};
  const test::Certificate certificate_{{}, &authority_};
  const test::TemporaryFile authority_file_{authority_.pem()};
  const test::TemporaryFile certificate_file_{certificate_.pem()};
  const test::TemporaryFile key_file_{certificate_.key_pem()};
  const std::uint16_t tls_port_ = test::free_port();
  const std::uint16_t plain_port_ = test::free_port();
  test::RedisProcess redis_{{"--port",
                             std::to_string(plain_port_),
                             "--tls-port",
                             std::to_string(tls_port_),
                             "--tls-cert-file",
                             certificate_file_.path(),
                             "--tls-key-file",
                             key_file_.path(),
                             "--tls-ca-cert-file",
                             authority_file_.path(),
                             "--user",
                             "micro:frame",
                             "on",
                             ">p@ss/word",
                             "~app:*",
                             "&app:*",
                             "+@connection",
                             "+@scripting",
                             "+@pubsub",
                             "+@read",
                             "+@write",
                             "+@stream",
                             "-@dangerous",
                             "+time",
                             "+role",
                             "+wait",
                             "+info",
                             "+config|get"},
                            tls_port_};
};

std::unique_ptr<test::BrokerBench> make_standalone_bench() {
  return std::make_unique<StandaloneBench>();
}

std::unique_ptr<test::BrokerBench> make_guarded_bench() {
  return std::make_unique<GuardedBench>();
}

}  // namespace
}  // namespace microframe::cluster

namespace test {

INSTANTIATE_TEST_SUITE_P(Redis, BrokerContract,
                         testing::Values(&microframe::cluster::make_standalone_bench));
INSTANTIATE_TEST_SUITE_P(RedisGuarded, BrokerContract,
                         testing::Values(&microframe::cluster::make_guarded_bench));

}  // namespace test
