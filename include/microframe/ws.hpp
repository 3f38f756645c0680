// WebSocket endpoints: BaseWebSocket, ChatBase, and what their hooks receive.
#pragma once

#include "microframe/ws/callbacks.hpp"
#include "microframe/ws/chat_base.hpp"
#include "microframe/ws/disconnect.hpp"
#include "microframe/ws/message.hpp"
#include "microframe/ws/route.hpp"
#include "microframe/ws/websocket.hpp"
