// Tokens that another party signs with its private key: this server holds only the public key.
//   openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private.pem
//   openssl pkey -in private.pem -pubout -out public.pem
//   build/release/examples/auth_rs256 public.pem
// Make a token for it: build/release/examples/auth_rs256 --token private.pem alice

#include <cstdio>
#include <microframe/microframe.hpp>
using namespace microframe;

class Greeter : public ws::BaseWebSocket {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId& user) { socket.send({{"hello", user}}); }
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    return {{"you_said", message}};
  }
};

int main(int argc, char** argv) {
  using authx::Algorithm;
  using authx::AuthConfig;
  if (argc == 4 && std::string_view(argv[1]) == "--token") {
    const AuthConfig issuer(read_file(argv[2]), Algorithm::RS256);
    std::puts(authx::create_access_token(issuer, argv[3]).c_str());
    return 0;
  }
  Application app;
  app.route<Greeter>("/ws", AuthConfig::verify_only(Algorithm::RS256,
                                                    read_file(argc > 1 ? argv[1] : "public.pem")));
  return app.run("127.0.0.1:8000");
}
