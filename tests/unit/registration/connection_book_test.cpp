#include "gateway/registration/connection_book.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "tests/unit/registration/registration_folder.hpp"

namespace icom::registration {
namespace {

using testing::IsEmpty;

class ConnectionBook : public RegistrationFolder {
 protected:
  [[nodiscard]] std::filesystem::path book() const { return folder_ / "registration"; }
};

TEST_F(ConnectionBook, IsReadAsItWasWritten) {
  EXPECT_THAT(read_connections(book()), IsEmpty());
  const SiteConnections sites{{"nbcc", {true, 1, 2}}, {"rccc", {false, 3, 4}}};
  write_connections(book(), sites);
  EXPECT_EQ(read_connections(book()), sites);
}

TEST_F(ConnectionBook, OneThatIsDamagedIsNamedWithWhatToDo) {
  for (const char* const text :
       {"", "{", "[]", "{}",
        R"({"sites":{"nbcc":{"connected":"yes","since_us":1,"seen_us":2}}})"}) {
    write("registration/connections.json", text);
    try {
      read_connections(book());
      ADD_FAILURE() << text;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("connections.json is damaged: delete it"));
    }
  }
}

}  // namespace
}  // namespace icom::registration
