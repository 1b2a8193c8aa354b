#include "common/ssh/library.hpp"

#include "common/ssh/error.hpp"

namespace icom::ssh {

void initialise_library() {
  static const int result = libssh2_init(0);
  if (result != 0) throw Error(Category::protocol, "libssh2 could not be initialised");
}

std::string last_error_text(LIBSSH2_SESSION* session) {
  char* text = nullptr;
  int size = 0;
  libssh2_session_last_error(session, &text, &size, 0);
  return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

}  // namespace icom::ssh
