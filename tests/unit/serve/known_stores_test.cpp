#include "gateway/serve/known_stores.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <vector>

#include "gateway/serve/check.hpp"
#include "tests/unit/os/odd_files.hpp"
#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class KnownStores : public GatewayFolder {
 protected:
  [[nodiscard]] config::GatewaySettings loaded() const { return config::load_gateway(config_); }
  [[nodiscard]] std::string lost() const { return lost_store(loaded()); }
  void make_store() { write("store/icom.db", "a database"); }
};

TEST_F(KnownStores, AFirstStartIsNone) {
  EXPECT_EQ(lost(), "");
  fs::create_directories(folder_ / "store");
  EXPECT_EQ(lost(), "");
}

TEST_F(KnownStores, AStoreThatWasThereAndIsGoneOrEmptyIsLost) {
  make_store();
  remember_store(loaded());
  EXPECT_EQ(lost(), "");
  fs::rename(folder_ / "store", folder_ / "moved");
  EXPECT_THAT(lost(), HasSubstr((folder_ / "store/icom.db").string() + " is not there"));
  EXPECT_THAT(lost(), HasSubstr((folder_ / "tokens/known-stores").string()));
  write("store/icom.db", "");
  EXPECT_THAT(lost(), HasSubstr("is empty"));
  std::ostringstream out;
  EXPECT_EQ(check(config_, out), 2);
  EXPECT_THAT(out.str(), HasSubstr("FAIL  store "));
  fs::remove_all(folder_ / "store");
  fs::rename(folder_ / "moved", folder_ / "store");
  EXPECT_EQ(lost(), "");
}

TEST_F(KnownStores, ARegistrationInTheFolderOfALostStoreIsLostWithIt) {
  make_store();
  remember_store(loaded());
  EXPECT_EQ(lost_registration(loaded()), "");
  fs::remove_all(folder_ / "store");
  EXPECT_THAT(lost_registration(loaded()), HasSubstr("there was a store here"));
  write("gateway.yaml", settings() + "registration: store-beside\n");
  EXPECT_EQ(lost_registration(loaded()), "");
  write("gateway.yaml",
        settings() + "registration: ../" + folder_.filename().string() + "/store/deep/below\n");
  EXPECT_THAT(lost_registration(loaded()), HasSubstr("there was a store here"));
}

TEST_F(KnownStores, WhereItCannotBeReadWhetherThereWasOneNoneIsBegun) {
  make_store();
  remember_store(loaded());
  fs::remove(folder_ / "tokens/known-stores");
  fs::create_directory(folder_ / "tokens/known-stores");  // what root cannot read either
  EXPECT_EQ(lost(), "");
  fs::remove_all(folder_ / "store");
  EXPECT_THAT(lost(), HasSubstr("cannot be read in " + (folder_ / "tokens/known-stores").string()));
  fs::remove(folder_ / "tokens/known-stores");
  EXPECT_EQ(lost(), "");
}

/// A pipe would keep the start waiting, before it hears of signals; the others would fill memory.
TEST_F(KnownStores, NothingIsReadButASmallFile) {
  make_store();
  fs::create_directory(folder_ / "odd");
  std::vector<fs::path> odd;
  for (const os::OddFile& one : os::make_odd_files(folder_ / "odd")) odd.push_back(one.path);
  std::erase(odd, folder_ / "odd/link");
  std::erase(odd, folder_ / "odd/dangling");  // there is none
  odd.push_back(write("large", ""));
  constexpr std::uintmax_t kLarge = std::uintmax_t{3} << 30U;
  fs::resize_file(odd.back(), kLarge);
  odd.emplace_back("/dev/zero");
  const fs::path known = folder_ / "tokens/known-stores";
  for (const fs::path& one : odd) {
    SCOPED_TRACE(one.string());
    fs::create_symlink(one, known);
    remember_store(loaded());
    EXPECT_TRUE(fs::is_symlink(known)) << "nor is it written anew";
    fs::rename(folder_ / "store", folder_ / "moved");
    EXPECT_THAT(lost(), HasSubstr("cannot be read in " + known.string()));
    fs::rename(folder_ / "moved", folder_ / "store");
    fs::remove(known);
  }
}

TEST_F(KnownStores, AnotherPlaceIsAFirstStart) {
  make_store();
  remember_store(loaded());
  config::GatewaySettings settings = loaded();
  settings.store = folder_ / "another";
  EXPECT_EQ(lost_store(settings), "");
  write("another/icom.db", "a database");
  remember_store(settings);
  fs::remove_all(folder_ / "store");
  fs::remove_all(folder_ / "another");
  EXPECT_NE(lost(), "");
  EXPECT_NE(lost_store(settings), "");
}

TEST_F(KnownStores, WhoeverRemovesTheFileWantsANewStore) {
  make_store();
  remember_store(loaded());
  fs::remove_all(folder_ / "store");
  fs::remove(known_stores_file(loaded()));
  EXPECT_EQ(lost(), "");
}

TEST_F(KnownStores, WhereItCannotBeNotedTheGatewayStartsAllTheSame) {
  make_store();
  config::GatewaySettings settings = loaded();
  settings.tokens_folder = folder_ / "not there";
  EXPECT_NO_THROW(remember_store(settings));
  EXPECT_EQ(lost_store(settings), "");
}

}  // namespace
}  // namespace icom::serve
