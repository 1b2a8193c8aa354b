// The earlier name of a socket's handle.
#pragma once

#include "common/os/handle.hpp"
