#include "common/os/handle.hpp"

#include <unistd.h>

namespace icom::os {

void close_socket(NativeSocket socket) {
  ::close(socket);
}

void close_file(NativeFile file) {
  ::close(file);
}

}  // namespace icom::os
