// The version of microframe that is compiled with.
#pragma once

#define MICROFRAME_VERSION_MAJOR 0
#define MICROFRAME_VERSION_MINOR 2
#define MICROFRAME_VERSION_PATCH 0
#define MICROFRAME_VERSION "0.2.0"
