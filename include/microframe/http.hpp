// HTTP beside the sockets: requests, responses and their routes.
#pragma once

#include "microframe/http/cookie.hpp"
#include "microframe/http/request.hpp"
#include "microframe/http/response.hpp"
#include "microframe/http/routes.hpp"
