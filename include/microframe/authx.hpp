// Authentication: keys, tokens, users and passwords.
#pragma once

#include "microframe/authx/algorithm.hpp"
#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/auth_manager.hpp"
#include "microframe/authx/exceptions.hpp"
#include "microframe/authx/tokens.hpp"
