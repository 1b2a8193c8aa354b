#include "gateway/cli/approval.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>

#include "common/config/site_file_edit.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kNow = 1'767'225'600'000'000;  // 2026-01-01 00:00:00 UTC
const std::string kAddress = "192.168.17.43:1706";

class ApprovalTest : public config::SettingsFolder {
 protected:
  ApprovalTest() {
    nbcc_ = write("sites/nbcc.yaml", "# ours\n" + config::kSite);
    write("sites/sash.yaml",
          config::with(config::with(config::with(config::kSite, "nbcc", "sash"), "4299", "9002"),
                       "9183", "9003"));
    config_ = write("gateway.yaml",
                    "sites: sites\ntokens: tokens\ningest: 127.0.0.1:7600\nstore: store\n");
    pending_.note("nbcc", {{"0815", kAddress}}, kNow);
    pending_.note("sash", {{"0816", kAddress}}, kNow);
  }
  [[nodiscard]] config::GatewaySettings settings() const { return config::load_gateway(config_); }
  std::string listed(bool json) {
    std::ostringstream out;
    errors_.str("");
    list_pending(config::load_usable_gateway(config_), pending_, json, out, errors_);
    return out.str();
  }
  std::string refusal(const std::string& site, const std::string& serial) {
    try {
      approve(settings(), pending_, site, serial, out_);
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
    return "approved";
  }

  std::filesystem::path nbcc_;
  std::filesystem::path config_;
  pending::PendingLinacs pending_{os::real_file_system(), folder_ / "pending"};
  std::ostringstream out_;
  std::ostringstream errors_;  ///< of listed()
};

TEST_F(ApprovalTest, ListsWhoWaitsSinceWhen) {
  EXPECT_THAT(listed(false), AllOf(HasSubstr("0815"), HasSubstr(kAddress), HasSubstr("waits"),
                                   HasSubstr("2026-01-01T00:00:00Z")));
  EXPECT_EQ(listed(true),
            R"({"site":"nbcc","linac":"0815","address":"192.168.17.43:1706",)"
            R"("first_seen_us":1767225600000000,"last_seen_us":1767225600000000,"rejected":false})"
            "\n"
            R"({"site":"sash","linac":"0816","address":"192.168.17.43:1706",)"
            R"("first_seen_us":1767225600000000,"last_seen_us":1767225600000000,"rejected":false})"
            "\n");
}

TEST_F(ApprovalTest, AnApprovedLinacStandsInItsSitesFileAndWaitsNoMore) {
  approve(settings(), pending_, "nbcc", "0815", out_);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("nbcc.yaml"), HasSubstr("0815")));
  const config::LinacSettings added{"0815", {"192.168.17.43", 1706}};
  EXPECT_EQ(config::load_site(nbcc_).linacs.back(), added);
  EXPECT_EQ(config::without_linac(nbcc_, "0815").after, "# ours\n" + config::kSite)
      << "nothing else was touched";
  EXPECT_THAT(listed(false), Not(HasSubstr("0815")));
  EXPECT_THAT(refusal("nbcc", "0815"), HasSubstr("registered already"));
}

TEST_F(ApprovalTest, ASitesFileWithAnErrorIsNamedAndTheRestIsListed) {
  write("sites/sash.yaml", "site: sash\nlinacs: [{serial: \"9002\"}]\n");
  EXPECT_THAT(listed(false), AllOf(HasSubstr("0815"), HasSubstr("0816")));
  EXPECT_THAT(errors_.str(), AllOf(HasSubstr("site sash: its file has an error"),
                                   HasSubstr("sites/sash.yaml:2: linacs[0]"),
                                   HasSubstr("correct that"), Not(HasSubstr("nbcc"))));
  EXPECT_GT(list_pending(config::load_usable_gateway(config_), pending_, true, out_, errors_), 0U);
  approve(config::load_usable_gateway(config_), pending_, "nbcc", "0815", out_);
  EXPECT_THAT(listed(false), Not(HasSubstr("0815")));
}

TEST_F(ApprovalTest, ADamagedListOfOneSiteIsNamedAndTheRestIsListedAndApproved) {
  write("pending/sash.json", "[{");
  EXPECT_THAT(listed(false), AllOf(HasSubstr("0815"), Not(HasSubstr("0816"))));
  EXPECT_THAT(errors_.str(), AllOf(HasSubstr("pending/sash.json"), HasSubstr("delete it")));
  EXPECT_THAT(refusal("nbcc", "0815"), HasSubstr("approved"));
  EXPECT_THAT(listed(false), HasSubstr("no Linac that is known here waits"));
}

TEST_F(ApprovalTest, WhatIsListedGivesATerminalNothingToObey) {
  write("pending/nbcc.json",
        "[{\"serial\": \"08\\u009b15\", \"address\": \"\\u202ea:1\", \"first_seen_us\": 1, "
        "\"last_seen_us\": 1, \"rejected\": false}]");
  EXPECT_THAT(listed(false), AllOf(HasSubstr("08?15"), HasSubstr("?a:1")));
}

TEST_F(ApprovalTest, OneThatWasWrittenByHandNeedsNoApproval) {
  config::write_edit(config::with_linac(nbcc_, {"0815", {"192.168.17.43", 1706}}),
                     os::real_file_system());
  EXPECT_THAT(listed(false), Not(HasSubstr("0815")));
}

TEST_F(ApprovalTest, WhatCannotBeApprovedIsSaidAndWaitsOn) {
  EXPECT_THAT(refusal("nbcc", "4711"), HasSubstr("no Linac 4711 of site nbcc waits"));
  EXPECT_THAT(refusal("rccc", "0815"), HasSubstr("no Linac 0815 of site rccc waits"));
  EXPECT_THAT(refusal("rccc", "0815"), HasSubstr("there is no site of this name"));
  EXPECT_THAT(refusal("0815", "nbcc"), HasSubstr("first the site, then the Linac: nbcc 0815"));
  EXPECT_THAT(refusal("sash", "0815"), HasSubstr("no Linac 0815 of site sash waits"));
  pending_.note("nbcc", {{"9002", kAddress}}, kNow);
  EXPECT_THAT(refusal("nbcc", "9002"), HasSubstr("for site sash"));
  pending_.note("nbcc", {{"0817", "192.168.17.40:1706"}}, kNow);
  EXPECT_THAT(refusal("nbcc", "0817"), AllOf(HasSubstr("nbcc.yaml:5"), HasSubstr("4299")));
  EXPECT_THAT(listed(false), HasSubstr("0817"));
  EXPECT_EQ(config::load_site(nbcc_).linacs.size(), 2U);
}

TEST_F(ApprovalTest, AllOfASiteAreApprovedAndWhatCannotBeIsSaid) {
  pending_.note("nbcc", {{"0817", "192.168.17.40:1706"}}, kNow);  // another's address
  pending_.note("nbcc", {{"0818", "192.168.17.45:1706"}}, kNow);
  pending_.note("nbcc", {{"0819", "192.168.17.46:1706"}}, kNow);
  pending_.reject("nbcc", "0819");
  std::ostringstream errors;
  EXPECT_EQ(approve_all(settings(), pending_, "nbcc", out_, errors), 1U);
  EXPECT_THAT(errors.str(), HasSubstr("0817"));
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("0815"), HasSubstr("0818"), Not(HasSubstr("0819"))));
  EXPECT_EQ(config::load_site(nbcc_).linacs.size(), 4U);
  EXPECT_THAT(listed(false), AllOf(HasSubstr("0816"), HasSubstr("0817"), HasSubstr("rejected")));
}

TEST_F(ApprovalTest, ARejectedOneCanStillBeApproved) {
  reject(pending_, "nbcc", "0815", out_);
  EXPECT_THAT(listed(false), HasSubstr("rejected"));
  approve(settings(), pending_, "nbcc", "0815", out_);
  EXPECT_EQ(config::load_site(nbcc_).linacs.size(), 3U);
  EXPECT_THROW(reject(pending_, "nbcc", "0815", out_), std::invalid_argument);
}

TEST_F(ApprovalTest, RootApprovesAsTheOwnerOfTheFoldersOfSites) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who runs it for the service";
  constexpr uid_t kService = 54321;
  const auto owner_of_file = [](const std::filesystem::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_uid : 0;
  };
  // One file that root has made by hand, one that the service has laid as a link to root's.
  const auto elsewhere = folder_ / "elsewhere/sash.yaml";
  std::filesystem::create_directory(folder_ / "elsewhere");
  std::filesystem::rename(folder_ / "sites/sash.yaml", elsewhere);
  std::filesystem::create_symlink(elsewhere, folder_ / "sites/sash.yaml");
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  for (const char* name :
       {"sites", "pending", "pending/.lock", "pending/nbcc.json", "pending/sash.json"}) {
    ASSERT_EQ(::chown((folder_ / name).c_str(), kService, kService), 0);
  }
  approve(settings(), pending_, "nbcc", "0815", out_);
  EXPECT_EQ(owner_of_file(nbcc_), kService);
  EXPECT_EQ(owner_of_file(folder_ / "sites/.nbcc.yaml.lock"), kService);
  EXPECT_EQ(owner_of_file(folder_ / "pending/nbcc.json"), kService);
  EXPECT_EQ(config::load_site(nbcc_).linacs.back().serial, "0815");
  EXPECT_THROW(approve(settings(), pending_, "sash", "0816", out_), std::exception);
  EXPECT_EQ(config::load_site(elsewhere).linacs.back().serial, "9003") << "root's file stays";
  EXPECT_EQ(::geteuid(), 0U);
}

}  // namespace
}  // namespace icom::cli
