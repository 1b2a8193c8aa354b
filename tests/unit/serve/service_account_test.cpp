#include "gateway/serve/service_account.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "gateway/store/store.hpp"
#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

using testing::HasSubstr;

class ServiceAccountTest : public GatewayFolder {
 protected:
  void unit(const std::string& config, const std::string& user) const {
    write("icom-gateway.service", "[Service]\nUser=" + user +
                                      "\nExecStart=/usr/local/bin/icom-gateway serve " + config +
                                      "\n");
  }
  [[nodiscard]] ServiceAccount found(const std::string& given = "") const {
    return service_account(config_, given, {folder_});
  }
  static constexpr const char* kSomebody = "daemon";  // every Linux has it
};

TEST_F(ServiceAccountTest, WhoIsGivenCounts) {
  EXPECT_EQ(found(kSomebody).account->name, kSomebody);
  EXPECT_EQ(found("54321").account, os::account_of(54321, 54321));
  EXPECT_FALSE(found("no-such-account").account);
  EXPECT_THAT(found("no-such-account").problem, HasSubstr("--user names no-such-account"));
}

TEST_F(ServiceAccountTest, TheRunningGatewaysComesBeforeTheUnits) {
  unit("--config " + config_.string(), kSomebody);
  const store::Store open(folder_ / "store", {}, nullptr);
  EXPECT_EQ(found().account->user, ::geteuid());
  EXPECT_THAT(found().by, HasSubstr("process " + std::to_string(::getpid())));
}

TEST_F(ServiceAccountTest, TheUnitsComesBeforeTheStoresOwner) {
  std::filesystem::create_directory(folder_ / "store");
  unit("--config " + config_.string(), kSomebody);
  EXPECT_EQ(found().account->name, kSomebody);
  unit("--config=" + config_.string(), kSomebody);
  EXPECT_EQ(found().account->name, kSomebody);
  // One that is another gateway's says nothing of this one.
  unit("--config /nowhere/gateway.yaml", kSomebody);
  EXPECT_EQ(found().account->user, ::geteuid());
  unit("--config " + config_.string(), "no-such-account");
  EXPECT_THAT(found().problem, HasSubstr("icom-gateway.service names no-such-account"));
}

TEST_F(ServiceAccountTest, WithoutAUnitItIsTheStoresOwnerOrThatOfTheNearestFolderAbove) {
  EXPECT_EQ(found().account->user, ::geteuid());
  if (::geteuid() != 0) return;
  std::filesystem::create_directory(folder_ / "store");
  ASSERT_EQ(::chown((folder_ / "store").c_str(), 54321, 54321), 0);
  EXPECT_EQ(found().account->user, 54321U);
}

TEST_F(ServiceAccountTest, SettingsThatCannotBeReadLeaveTheUnit) {
  write("gateway.yaml", "nothing of the kind: {");
  unit("--config " + config_.string(), kSomebody);
  EXPECT_EQ(found().account->name, kSomebody);
  unit("--config /nowhere/gateway.yaml", kSomebody);
  EXPECT_FALSE(found().account);
}

}  // namespace
}  // namespace icom::serve
