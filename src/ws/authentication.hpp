// Authentication: who a request comes from: the token that it shows, the keys of its issuer, which may
// have to be waited for, and the AuthManager's word. Threading: its loop. Owned by its host.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "authx/authenticator.hpp"
#include "base/slots.hpp"
#include "guard/rejection.hpp"
#include "keys/key_store.hpp"
#include "microframe/authx.hpp"
#include "ws/access.hpp"
#include "ws/loop_context.hpp"
#include "ws/user_question.hpp"

namespace microframe::ws {

// What comes of one step of a request.
enum class Then : std::uint8_t {
  next,   // the next step follows at once
  waits,  // the host is told what came of it
  over,   // the request has been refused, or the stream has gone elsewhere
};

// Whoever has the request. It outlives the Authentication.
class AuthenticationHost {
 public:
  // From here on the request waits, and all the waiting there may be has one limit of time.
  // returns: false if it cannot, and has been refused.
  virtual bool begin_wait() = 0;
  // Whether it still waits: it may have been refused meanwhile.
  virtual bool is_waiting() const = 0;
  // Calls `task` in a turn of the connection, which may be gone after.
  virtual void in_turn(const std::function<void()>& task) = 0;
  // What was waited for has come, and this is what came of the step. The host may be gone after.
  virtual void go_on(Then then) = 0;
  // Refuses a request without a good token, or of a user who is not known.
  virtual void refuse(const authx::Refused& refused) = 0;
  // Counts and logs another refusal, and answers it.
  virtual void reject(guard::Rejection why, unsigned status, std::string_view detail,
                      std::string_view fields) = 0;

 protected:
  ~AuthenticationHost() = default;
};

class Authentication {
 public:
  Authentication(LoopContext& context, AuthenticationHost& host, const Access& access)
      : context_(context), host_(host), access_(access) {}

  // --- the steps, in this order

  // Which token does the request show, by which carrier?
  Then choose(const authx::Presented& presented);
  // Is the token good? Then claims() is what it says.
  Then judge();
  // Does the AuthManager know the user?
  Then look_up_user();

  // What was waited for did not come in time.
  void give_up();

  authx::Claims& claims() { return claims_; }
  // What the AuthManager knows about the user, after look_up_user().
  AuthorizedUser take_user() { return question_.take_user(); }

 private:
  // What a request waits with whose token names a key that is not known.
  struct KeyWait {
    base::Slots::Place place;
    std::chrono::steady_clock::time_point since;   // the key was not known then
    std::chrono::steady_clock::time_point looked;  // nor then, which was the last time
    std::size_t source;                            // of the KeyStore: whose key is awaited
    keys::KeyStore::Wait wait;
  };

  Then wait_for_keys(const authx::Refused& refused);
  Then keys_missing(std::string_view detail);
  static void looked_up(void* self);
  Then judge_user(UserQuestion::Answer answer);
  Then wait() { return host_.begin_wait() ? Then::waits : Then::over; }
  Then refuse(const authx::Refused& refused);
  Then reject(guard::Rejection why, unsigned status, std::string_view detail,
              std::string_view fields = {});

  LoopContext& context_;
  AuthenticationHost& host_;
  const Access& access_;
  authx::Candidate candidate_;
  authx::Claims claims_;
  std::optional<KeyWait> keys_;
  UserQuestion question_;  // to the AuthManager
};

}  // namespace microframe::ws
