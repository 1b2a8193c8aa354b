#include "common/config/forward_clashes.hpp"

#include <gmock/gmock.h>

#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Site nbcc's file with these lines of `forwards`, and site rccc's.
class ForwardClashes : public SettingsFolder {
 protected:
  static std::string remote(const std::string& name, const std::string& listen) {
    return "  - {name: " + name + ", direction: remote, listen: \"" + listen +
           "\", target: \"192.168.17.5:1433\"}\n";
  }
  static std::string site_with(const std::string& forwards) {
    return with(kSite, "forwards: []\n", "forwards:\n" + forwards);
  }
  void write_other(const std::string& forwards) const {
    std::string other = with(site_with(forwards), "site: nbcc", "site: rccc");
    other = with(with(other, "\"4299\"", "\"2619\""), "\"9183\"", "\"2694\"");
    write("sites/rccc.yaml", other);
  }
  [[nodiscard]] std::vector<std::string> found(const std::string& forwards,
                                               const ListenGround& ground = {}) const {
    write("sites/nbcc.yaml", site_with(forwards));
    const auto file = write(
        "gateway.yaml", "sites: sites\ntokens: tokens\nstore: store\ningest: " + ingest_ + "\n");
    std::vector<std::string> texts;
    for (const Problem& problem : forward_clashes(load_gateway(file), ground)) {
      texts.push_back(problem.text());
    }
    return texts;
  }
  std::string ingest_ = "127.0.0.1:7600";
};

TEST_F(ForwardClashes, ForwardsOnPortsOfTheirOwnHaveNone) {
  write_other(remote("sql", "14331"));
  EXPECT_THAT(found(remote("sql", "14330") + remote("smb", "127.0.0.2:14330") +
                    "  - {name: web, direction: local, listen: 7600, target: 127.0.0.1:7600}\n"),
              IsEmpty());
}

TEST_F(ForwardClashes, TheGatewaysOwnPortIsTakenInEverySpelling) {
  for (const char* const listen : {"7600", "localhost:7600", "0.0.0.0:7600"}) {
    EXPECT_THAT(
        found(remote("sql", listen)),
        ElementsAre(testing::AllOf(HasSubstr("sites/nbcc.yaml:20: forwards[0].listen: read"),
                                   HasSubstr("the gateway itself listens at 127.0.0.1:7600"))))
        << listen;
  }
}

TEST_F(ForwardClashes, OfASshdOnAnotherMachineNothingIsSaid) {
  ingest_ = "192.0.2.1:7600";
  EXPECT_THAT(found(remote("sql", "0.0.0.0:7600")), IsEmpty());
}

TEST_F(ForwardClashes, APortOfAnotherSiteOrTwiceInOneIsSaidOnceWithBothPlaces) {
  write_other(remote("smb", "14330"));
  EXPECT_THAT(
      found(remote("sql", "14330") + remote("web", "14331") + remote("all", "0.0.0.0:14331")),
      ElementsAre(testing::AllOf(HasSubstr("sites/nbcc.yaml:22: "),
                                 HasSubstr("the forward web listens at 127.0.0.1:14331")),
                  testing::AllOf(HasSubstr("sites/rccc.yaml:20: "),
                                 HasSubstr("the forward sql of site nbcc listens at"))));
}

TEST_F(ForwardClashes, WhatElseIsTakenAndPortsThatNeedRightsAreSaid) {
  const ListenGround ground{{{{"0.0.0.0", 2222}, "this machine's sshd"}}, 1024};
  EXPECT_THAT(found(remote("ssh", "2222") + remote("smb", "445") + remote("dicom", "1024"), ground),
              ElementsAre(HasSubstr("this machine's sshd listens at 0.0.0.0:2222"),
                          HasSubstr("expected a port of 1024 or more")));
}

TEST_F(ForwardClashes, AFileThatHasChangedMeanwhileIsNamedWithoutALine) {
  EXPECT_EQ(found(remote("sql", "7600")).size(), 1U);
  const GatewaySettings settings = load_gateway(folder_ / "gateway.yaml");
  write("sites/nbcc.yaml", kSite);
  const auto problems = forward_clashes(settings);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].line, 0);
  EXPECT_THAT(problems[0].text(), HasSubstr("nbcc.yaml"));
}

}  // namespace
}  // namespace icom::config
