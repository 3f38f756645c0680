// All of microframe in one include.
#pragma once

#include "microframe/application.hpp"
#include "microframe/authx.hpp"
#include "microframe/client.hpp"
#include "microframe/cluster_options.hpp"
#include "microframe/compression.hpp"
#include "microframe/config_error.hpp"
#include "microframe/http.hpp"
#include "microframe/json.hpp"
#include "microframe/limits.hpp"
#include "microframe/proxies.hpp"
#include "microframe/redis_broker.hpp"
#include "microframe/room_options.hpp"
#include "microframe/task.hpp"
#include "microframe/tls.hpp"
#include "microframe/version.hpp"
#include "microframe/ws.hpp"
