#include "gateway/archive/live_folder.hpp"

#include <gtest/gtest.h>

#include <set>

namespace icom::archive {
namespace {

const Hosts kHosts{{{"nbcc", "4299"}, "192.168.17.40"}, {{"aaaa", "9002"}, "192.168.17.40"},
                   {{"nbcc", "9183"}, "192.168.17.42"}, {{"sash", "9002"}, "LINAC1"},
                   {{"rccc", "2619"}, "linac1"},        {{"nbcc", "7001"}, "192.168.17.40"},
                   {{"aaaa", "7002"}, "192.168.17.40"}, {{"nbcc", "7003"}, "192.168.17.40"}};
const std::vector<store::LinacRow> kLinacs{
    {1, "nbcc", "4299"}, {2, "nbcc", "9183"}, {3, "aaaa", "9002"},
    {4, "gone", "1234"}, {5, "sash", "9002"}, {6, "rccc", "2619"},
    {8, "nbcc", "7001"}, {9, "aaaa", "7002"}, {10, "nbcc", "7003"}};

std::string folder(std::int64_t linac, bool per_site = false) {
  return live_folders(kLinacs, kHosts, per_site)[linac].string();
}

TEST(LiveFolder, IsNamedByTheAddressAndNoOtherSitesLinacHasIt) {
  EXPECT_EQ(folder(1), "live/192.168.17.40");
  EXPECT_EQ(folder(2), "live/192.168.17.42");
  EXPECT_EQ(folder(3), "live/192.168.17.40~aaaa") << "it was registered later";
  EXPECT_EQ(folder(4), "") << "it is in no settings";
  EXPECT_EQ(folder(5), "live/LINAC1");
  EXPECT_EQ(folder(6), "live/linac1~rccc") << "names on shares do not differ by case";
  EXPECT_EQ(folder(7), "");
}

TEST(LiveFolder, WhereEachSiteHasItsOwnTheAddressIsEnough) {
  EXPECT_EQ(folder(1, true), "nbcc/live/192.168.17.40");
  EXPECT_EQ(folder(3, true), "aaaa/live/192.168.17.40");
}

TEST(LiveFolder, LinacsOfOneSiteAtOneAddressHaveAFolderEach) {
  EXPECT_EQ(folder(8), "live/192.168.17.40~nbcc~7001");
  EXPECT_EQ(folder(9), "live/192.168.17.40~aaaa~7002");
  EXPECT_EQ(folder(10), "live/192.168.17.40~nbcc~7003");
  EXPECT_EQ(folder(8, true), "nbcc/live/192.168.17.40~7001");
  EXPECT_EQ(folder(9, true), "aaaa/live/192.168.17.40~7002");
  std::set<std::string> all;
  for (const store::LinacRow& linac : kLinacs) all.insert(folder(linac.id));
  EXPECT_EQ(all.size(), kLinacs.size()) << "one of them has none";
}

TEST(LiveFolder, AddressesOfSeveralLinacsOfASiteAreKnown) {
  const std::map<std::pair<std::string, std::string>, std::vector<std::string>> expected{
      {{"aaaa", "192.168.17.40"}, {"7002", "9002"}},
      {{"nbcc", "192.168.17.40"}, {"4299", "7001", "7003"}}};
  EXPECT_EQ(addresses_shared_in_a_site(kHosts), expected);
}

TEST(LiveFolder, AddressesOfSeveralSitesAreKnown) {
  const std::map<std::string, std::vector<std::string>> expected{
      {"192.168.17.40", {"aaaa", "nbcc"}}, {"linac1", {"rccc", "sash"}}};
  EXPECT_EQ(shared_addresses(kHosts), expected);
}

}  // namespace
}  // namespace icom::archive
