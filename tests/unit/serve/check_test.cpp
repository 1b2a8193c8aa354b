#include "gateway/serve/check.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "common/ssh/key_pair.hpp"
#include "gateway/archive/archive_index.hpp"
#include "gateway/ingest/upgrade.hpp"
#include "gateway/registration/site_book.hpp"
#include "gateway/serve/gateway.hpp"
#include "gateway/serve/gateway_unit.hpp"
#include "gateway/serve/ingest_port_check.hpp"
#include "tests/unit/archive/delivery_frames.hpp"
#include "tests/unit/serve/gateway_folder.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CheckTest : public GatewayFolder {
 protected:
  int run() {
    std::ostringstream out;
    const int exit_code = check(config_, out);
    printed_ = out.str();
    return exit_code;
  }
  std::string printed_;
};

TEST_F(CheckTest, GatewayThatCanStartIsOkAndNothingIsLeftBehind) {
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, Not(HasSubstr("FAIL")));
  EXPECT_THAT(printed_, HasSubstr("ok    site nbcc: Linacs 4299, 9183"));
  EXPECT_THAT(printed_, HasSubstr("ok    token of nbcc"));
  EXPECT_THAT(printed_, HasSubstr("can be listened on"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "archive"));
}

TEST_F(CheckTest, WrongSettingsAreListedAndGiveTwo) {
  write("gateway.yaml", config::with(settings(), "ingest:", "ingres:"));
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  settings: " + config_.string() + ":1: ingest:"));
  EXPECT_THAT(printed_, HasSubstr("did you mean ingest?"));
}

TEST_F(CheckTest, TokenThatIsMissingOrOpenToAllFails) {
  write_token("nbcc", kToken, 0644);
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  token of nbcc"));
  EXPECT_THAT(printed_, Not(HasSubstr(kToken)));
  std::filesystem::remove(folder_ / "tokens/nbcc.token");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  token of nbcc"));
}

TEST_F(CheckTest, ArchiveThatIsAwayFailsWithWhatToDo) {
  std::filesystem::remove(folder_ / "archive");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  archive"));
  EXPECT_THAT(printed_, HasSubstr("mount the share"));
  EXPECT_THAT(printed_, Not(HasSubstr("chgrp")));
}

TEST_F(CheckTest, SettingsThatAllMayChangeFail) {
  std::filesystem::permissions(config_, static_cast<std::filesystem::perms>(0666));
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  settings " + config_.string() +
                                  ": every account of this machine can change it: chmod o-w"));
}

TEST_F(CheckTest, ASiteWhoseFileIsGoneFailsUntilItIsRevoked) {
  const config::GatewaySettings loaded = config::load_gateway(config_);
  const registration::SiteBook book(registration::places_of(loaded).registration);
  registration::SiteRecord record;
  record.site = "sash";
  const auto lock = book.lock();
  book.save(record);
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  site sash: " + (folder_ / "sites/sash.yaml").string() +
                                  " is not there, though the site was added and not revoked"));
  EXPECT_THAT(printed_, HasSubstr("Put the file back; or, if the site is to send no more, "
                                  "icom-gateway revoke sash"));
  record.revoked = 1'772'438'400;
  book.save(record);
  EXPECT_EQ(run(), 0) << printed_;
}

TEST_F(CheckTest, ARunningGatewayWhoseStoreIsNotTheOneThereFails) {
  const store::Store open(folder_ / "store", {}, nullptr);
  const auto database = folder_ / "store/icom.db";
  std::filesystem::rename(database, folder_ / "icom.db");
  std::filesystem::copy_file(folder_ / "icom.db", database);
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_,
              HasSubstr("FAIL  gateway: process " + std::to_string(::getpid()) +
                        " runs, and what it has open is not what " + database.string() + " names"));
}

TEST_F(CheckTest, LinksInTheArchiveAndAStoreThatAllMayChangeFail) {
  std::filesystem::create_directory(folder_ / "store");
  std::filesystem::permissions(folder_ / "store", std::filesystem::perms::all);
  std::filesystem::create_directory_symlink(folder_, folder_ / "archive/live");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("every account of this machine can change it: chmod o-rwx"));
  EXPECT_THAT(printed_, HasSubstr("its live is no folder, and no link is followed there"));
}

TEST_F(CheckTest, WhereEachSiteHasItsOwnFolderTheSitesFoldersAreLookedAt) {
  write("gateway.yaml", settings() + "  per_site: true\n");
  std::filesystem::create_directory_symlink(folder_, folder_ / "archive/live");  // is not used
  EXPECT_EQ(run(), 0) << printed_;
  std::filesystem::create_directory(folder_ / "archive/nbcc");
  std::filesystem::create_directory_symlink(folder_, folder_ / "archive/nbcc/patients");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("its nbcc/patients is no folder, and no link is followed"));
  std::filesystem::remove_all(folder_ / "archive/nbcc");
  std::filesystem::create_directory_symlink(folder_, folder_ / "archive/nbcc");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("its nbcc is no folder, and no link is followed"));
}

TEST_F(CheckTest, AnAddressThatTwoLinacsOfASiteShareIsNoted) {
  write("sites/nbcc.yaml", config::with(config::kSite, "192.168.17.42", "192.168.17.40"));
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("Linacs 4299, 9183 of site nbcc are all at 192.168.17.40"));
}

TEST_F(CheckTest, AnAddressThatTwoSitesShareIsTold) {
  std::string other = config::with(config::kSite, "nbcc", "sash");
  other = config::with(other, "4299", "5299");
  other = config::with(other, "9183", "5183");
  write("sites/sash.yaml", other);
  write_token("sash", kToken + "x\n");
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("sites nbcc, sash each have a Linac at 192.168.17.40"));
  write("gateway.yaml", settings() + "  per_site: true\n");
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, Not(HasSubstr("each have a Linac")));
}

TEST_F(CheckTest, PatientIdsThatPyMedPhysCannotTellApartAreCountedAndNotNamed) {
  {
    store::Store store(folder_ / "store", {}, nullptr);
    test::Feed feed(store.linac("nbcc", "4299"), 1);
    feed.frames(test::delivery(0, 8, {"SECRET_1", "A"}));
    feed.frames(test::delivery(8, 16, {"2", "B_C"}));
    feed.frames(test::idle(16, 18));
    ASSERT_TRUE(test::commit(store, feed.batch()));
  }
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("1 Patient IDs hold `_`"));
  EXPECT_THAT(printed_, Not(HasSubstr("SECRET")));
}

TEST_F(CheckTest, FramesOfAnotherLinacsMachineAreNotedUntilSomebodySaysWhatIsRight) {
  {
    store::Store store(folder_ / "store", {}, nullptr);
    store.linac("nbcc", "4299");
    test::Feed feed(store.linac("nbcc", "9183"), 1);
    feed.frames(test::messages(0, 8));  // they call their machine 4299
    ASSERT_TRUE(test::commit(store, feed.batch()));
  }
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("note  Linac 9183 of nbcc: 8 of its frames call their machine "
                                  "4299, which is another Linac of this site"));
  store::set_machine_id(folder_ / "store", "nbcc", "9183", "4299");
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, Not(HasSubstr("call their machine")));
}

TEST_F(CheckTest, RecordsThatWaitForTheirFileAreCountedForEachSite) {
  {
    store::Store store(folder_ / "store", {}, nullptr);
    test::Feed feed(store.linac("nbcc", "4299"), 1);
    feed.frames(test::delivery(0, 8, {"SECRET", "A"}));
    feed.frames(test::delivery(8, 16, {"2", "B"}));
    feed.frames(test::idle(16, 18));
    ASSERT_TRUE(test::commit(store, feed.batch()));
  }
  auto index = archive::ArchiveIndex::open_for_writing(folder_ / "store");
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("2 records of nbcc wait for their file"));
  EXPECT_THAT(printed_, Not(HasSubstr("SECRET")));
  for (const std::int64_t record : {1, 2}) {
    index.claim(record, "patients/" + std::to_string(record) + "_A/20260302_080000.xz");
    index.set_written(record, 1);
  }
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, Not(HasSubstr("wait for their file")));
}

TEST_F(CheckTest, AnAccountOfTheFanOutThatDoesNotExistFails) {
  write("gateway.yaml", settings() + "fan_out:\n  users: [root, \"54321\", no-such-account]\n" +
                            "  ports:\n    - {serial: \"4299\", listen: 127.0.0.1:1706}\n");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  fan-out: this machine has no account no-such-account"));
  EXPECT_THAT(printed_, Not(HasSubstr("no account root")));
  EXPECT_THAT(printed_, Not(HasSubstr("no account 54321")));
}

TEST_F(CheckTest, AForwardThatCannotListenFailsWithItsPlace) {
  write("sites/nbcc.yaml",
        config::with(config::kSite, "forwards: []\n",
                     "forwards:\n  - {name: sql, direction: remote, listen: " +
                         std::to_string(port_) + ", target: \"192.168.17.5:1433\"}\n"));
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  forwards: " + (folder_ / "sites/nbcc.yaml").string() +
                                  ":20: forwards[0].listen: read "));
  EXPECT_THAT(printed_, HasSubstr("the gateway itself listens at 127.0.0.1:"));
}

TEST_F(CheckTest, FileInTheStoresPlaceFails) {
  write("store", "a file");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("is no folder"));
}

TEST_F(CheckTest, StoreWithoutAParentFails) {
  write("gateway.yaml", config::with(settings(), "store: store", "store: none/store"));
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  store's parent"));
}

TEST_F(CheckTest, PortOfAnotherProgramFails) {
  using boost::asio::ip::tcp;
  std::filesystem::create_directory(folder_ / "store");  // of the account that listens
  boost::asio::io_context io;
  tcp::acceptor other(io, {boost::asio::ip::address_v4::loopback(), port_});
  other.async_accept([](boost::system::error_code, tcp::socket) {});  // and hangs up at once
  std::thread answering([&] { io.run(); });
  EXPECT_EQ(run(), 2);
  answering.join();
  EXPECT_THAT(printed_, HasSubstr("FAIL  ingest"));
  EXPECT_THAT(printed_, HasSubstr("stop what listens there"));
}

TEST_F(CheckTest, PortThatIsHeldWithoutListeningIsSaidToBeThat) {
  using boost::asio::ip::tcp;
  std::filesystem::create_directory(folder_ / "store");
  boost::asio::io_context io;
  tcp::socket holder(io, tcp::v4());
  holder.bind({boost::asio::ip::address_v4::loopback(), port_});
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  ingest"));
  EXPECT_THAT(printed_, HasSubstr("a program holds the port without listening"));
  EXPECT_THAT(printed_, HasSubstr("icom-gateway.socket"));
  try {
    const Gateway gateway(config::load_gateway(config_));
    FAIL() << "listens where another is";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a program holds the port without listening"));
  }
}

TEST_F(CheckTest, PortOfARunningGatewayIsOk) {
  const config::GatewaySettings loaded = config::load_gateway(config_);
  Gateway gateway(loaded);
  gateway.start();
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("an icom-gateway listens there now"));
}

TEST_F(CheckTest, WhetherTheGatewayRunsIsToldByItsStoreAndNotByItsPort) {
  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  tcp::socket holder(io, tcp::v4());
  holder.bind({boost::asio::ip::address_v4::loopback(), port_});
  run();
  EXPECT_THAT(printed_, HasSubstr("note  gateway: does not run"));
  const store::Store open(folder_ / "store", {}, nullptr);
  run();
  EXPECT_THAT(printed_, HasSubstr("ok    gateway: runs: process " + std::to_string(::getpid())));
}

TEST_F(CheckTest, AnIngestThatOtherNetworksReachIsFound) {
  const std::string port = ':' + std::to_string(port_);
  const auto ingest_at = [&](const std::string& host) {
    write("gateway.yaml", config::with(settings(), "127.0.0.1" + port, '"' + host + port + '"'));
    return run();
  };
  EXPECT_EQ(ingest_at("127.0.0.1"), 0) << printed_;
  EXPECT_THAT(printed_, Not(HasSubstr("unencrypted")));
  for (const std::string host : {"0.0.0.0", "[::]"}) {
    EXPECT_EQ(ingest_at(host), 2) << printed_;
    EXPECT_THAT(printed_, HasSubstr("FAIL  ingest "));
    EXPECT_THAT(printed_, HasSubstr("is open to every network"));
    EXPECT_THAT(printed_, HasSubstr("be 127.0.0.1" + port));
  }
  ingest_at("192.0.2.1");
  EXPECT_THAT(printed_, HasSubstr("note  ingest 192.0.2.1:"));
  EXPECT_THAT(printed_, HasSubstr("is open to the network of that address"));
}

TEST_F(CheckTest, WithoutATunnelWhatThatMeansIsNoted) {
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(printed_, HasSubstr("note  tunnel: not set: no site can be added here"));
}

TEST_F(CheckTest, HostKeysThatAreNotThereOrAreNoneFail) {
  write("gateway.yaml", settings() + "tunnel:\n  host: hosting.example\n  user: icom\n" +
                            "  host_keys: [host.pub]\n");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  tunnel.host_keys: " + (folder_ / "host.pub").string() +
                                  " is not there: correct tunnel.host_keys"));
  write("host.pub", "ssh-rsa none\n");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("host.pub is no public host key that can be read"));
  write("host.pub", ssh::make_key_pair("host").public_key.text() + "\n");
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("ok    tunnel.host_keys: 1 of use to sites"));
  EXPECT_THAT(printed_, HasSubstr("note  site nbcc: "));
  EXPECT_THAT(printed_, HasSubstr("has no key of it: sshd lets it in only where its key is in"));
}

TEST_F(CheckTest, WhatAnotherAccountCannotSayIsListedAndNotGreen) {
  ServiceAccount service;
  service.account = os::Account{54321, 54321, {}, "icom-gateway"};
  service.by = "--user";
  std::ostringstream out;
  EXPECT_EQ(check(config_, out, service), 2);
  EXPECT_THAT(out.str(),
              HasSubstr("FAIL  not checked: token of nbcc, store " + (folder_ / "store").string() +
                        ", archive " + (folder_ / "archive").string() +
                        ", readers, whether the gateway runs"));
  EXPECT_THAT(out.str(), HasSubstr("icom-gateway, as which the gateway runs"));
  EXPECT_THAT(out.str(), Not(HasSubstr("ok    token")));
}

TEST_F(CheckTest, PortOfAnotherAccountFailsWhateverItAnswers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another account";
  using boost::asio::ip::tcp;
  constexpr uid_t kSquatter = 54321;
  std::filesystem::create_directory(folder_ / "store");
  for (const auto& address :
       {boost::asio::ip::address_v4::loopback(), boost::asio::ip::address_v4::any()}) {
    boost::asio::io_context io;
    tcp::acceptor squatter(io, {address, port_});
    ASSERT_EQ(::fchown(squatter.native_handle(), kSquatter, static_cast<gid_t>(-1)), 0);
    squatter.async_accept([](boost::system::error_code failed, tcp::socket client) {
      if (failed) return;
      const std::string body = ingest::kNotAnAgent;
      boost::system::error_code ignored;
      boost::asio::write(client,
                         boost::asio::buffer("HTTP/1.1 404 Not Found\r\nContent-Length: " +
                                             std::to_string(body.size()) + "\r\n\r\n" + body),
                         ignored);
    });
    std::jthread answering([&] { io.run(); });
    EXPECT_EQ(run(), 2) << printed_;
    io.stop();
    EXPECT_THAT(printed_, HasSubstr("FAIL  ingest"));
    EXPECT_THAT(printed_, HasSubstr("account 54321 listens there"));
    EXPECT_THAT(printed_, HasSubstr("the store belongs to account 0"));
  }
}

TEST_F(CheckTest, APortThatIsNotTheSocketUnitsIsTold) {
  const config::Address address{"127.0.0.1", port_};
  const auto state = [&] { return check_ingest_port(address, {0}, folder_, {folder_}); };
  EXPECT_TRUE(state().certain) << "without such a unit";
  write("icom-gateway.socket",
        "[Socket]\n# ListenStream=127.0.0.1:1\nListenStream=127.0.0.1:7600\n");
  EXPECT_TRUE(state().usable);
  EXPECT_FALSE(state().certain);
  EXPECT_THAT(state().text, HasSubstr("icom-gateway.socket names 127.0.0.1:7600"));
  EXPECT_TRUE(check_ingest_port(address, {0}, folder_ / "nowhere", {folder_}).certain)
      << "without systemd";
  // A drop-in of the unit has the last word.
  std::filesystem::create_directory(folder_ / "icom-gateway.socket.d");
  write("icom-gateway.socket.d/port.conf",
        "[Socket]\nListenStream=\nListenStream = " + address.text() + "\n");
  EXPECT_TRUE(state().certain);
  write("icom-gateway.socket.d/port.conf", "[Socket]\nListenStream=\nListenStream=7600\n");
  EXPECT_THAT(state().text, HasSubstr("names [::]:7600"));
}

/// Not only told of, as where nothing says how the gateway is started: it would end at once.
TEST_F(CheckTest, APortThatIsNotTheSocketUnitsFailsWhereItsSocketsArePassed) {
  const config::Address address{"127.0.0.1", port_};
  const KnownGateway started{0, std::nullopt, true};
  const auto state = [&] { return check_ingest_port(address, started, folder_, {folder_}); };
  EXPECT_TRUE(state().usable) << "without such a unit";
  write("icom-gateway.socket", "[Socket]\nListenStream=127.0.0.1:7600\n");
  EXPECT_FALSE(state().usable);
  EXPECT_TRUE(state().certain);
  EXPECT_THAT(state().text, HasSubstr("no agent can connect"));
  EXPECT_TRUE(check_ingest_port(address, started, folder_ / "nowhere", {folder_}).usable)
      << "without systemd";
  {
    // Also while one that was started otherwise listens there.
    const Gateway gateway(config::load_gateway(config_));
    EXPECT_FALSE(state().usable);
  }
  write("icom-gateway.socket", "[Socket]\nListenStream=%i:7600\n");
  EXPECT_TRUE(state().usable) << "only systemd knows what it stands for";
  write("icom-gateway.socket", "[Socket]\nListenStream=" + address.text() + "\n");
  EXPECT_TRUE(state().usable);
}

TEST_F(CheckTest, ASpellingOfTheSameAddressIsTheSocketUnits) {
  write("icom-gateway.socket", "[Socket]\nListenStream=[0:0:0::1]:" + std::to_string(port_));
  const config::Address address{"::1", port_};
  const auto state = check_ingest_port(address, {0, std::nullopt, true}, folder_, {folder_});
  EXPECT_THAT(state.text, Not(HasSubstr("correct its ListenStream")));
}

TEST_F(CheckTest, WhoseSocketsArePassedIsReadInTheUnits) {
  const std::vector<std::filesystem::path> units{folder_};
  write("icom-gateway.socket", "[Socket]\nListenStream=127.0.0.1:1\n");
  EXPECT_FALSE(unit_starts_gateway_with(config_, units));
  EXPECT_FALSE(unit_has_its_socket_passed(units));
  write("icom-gateway.service",
        "[Unit]\nWants=other.socket\n[Service]\nExecStart=icom-gateway "
        "serve --config " +
            config_.string() + "\n");
  EXPECT_TRUE(unit_starts_gateway_with(config_, units));
  EXPECT_FALSE(unit_starts_gateway_with(folder_ / "other.yaml", units));
  EXPECT_FALSE(unit_has_its_socket_passed(units)) << "if the service alone is started";
  std::filesystem::create_directory(folder_ / "icom-gateway.service.d");
  for (const char* const line :
       {"[Service]\nSockets=icom-gateway.socket", "[Unit]\nRequires=a.b icom-gateway.socket"}) {
    write("icom-gateway.service.d/socket.conf", line);
    EXPECT_TRUE(unit_has_its_socket_passed(units)) << line;
  }
  write("icom-gateway.socket", "");  // masked
  EXPECT_FALSE(unit_has_its_socket_passed(units));
}

TEST_F(CheckTest, APortThatRootListensAtIsComparedWithTheSocketUnit) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, as systemd is";
  using boost::asio::ip::tcp;
  const config::Address address{"127.0.0.1", port_};
  const auto state = [&] { return check_ingest_port(address, {0}, folder_, {folder_}); };
  for (const auto& [held, stream] :
       {std::pair{tcp::endpoint(boost::asio::ip::address_v4::any(), port_), "0.0.0.0:"},
        std::pair{tcp::endpoint(boost::asio::ip::address_v6::any(), port_), ""}}) {
    boost::asio::io_context io;
    const tcp::acceptor systemds(io, held);
    write("icom-gateway.socket", "[Socket]\nListenStream=" + (stream + std::to_string(port_)));
    const config::Address named{held.address().to_string(), port_};
    EXPECT_TRUE(state().usable);
    EXPECT_FALSE(state().certain);
    EXPECT_THAT(state().text, HasSubstr("root listens there"));
    EXPECT_THAT(state().text, HasSubstr("icom-gateway.socket names " + named.text()));
    EXPECT_THAT(state().text, HasSubstr("correct its ListenStream"));
    write("icom-gateway.socket", "[Socket]\nListenStream=" + address.text());
    EXPECT_THAT(state().text, Not(HasSubstr("correct its ListenStream")));
  }
}

TEST_F(CheckTest, AMaskedSocketUnitIsNone) {
  const std::vector<std::filesystem::path> folders{folder_ / "etc", folder_ / "usr"};
  for (const auto& folder : folders) std::filesystem::create_directory(folder);
  write("usr/icom-gateway.socket", "[Socket]\nListenStream=127.0.0.1:1\n");
  std::filesystem::create_directory(folder_ / "usr/icom-gateway.socket.d");
  write("usr/icom-gateway.socket.d/port.conf", "[Socket]\nListenStream=127.0.0.1:2\n");
  EXPECT_THAT(socket_unit_addresses(folders), ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
  // A drop-in is masked by itself.
  std::filesystem::create_directory(folder_ / "etc/icom-gateway.socket.d");
  std::filesystem::create_symlink("/dev/null", folder_ / "etc/icom-gateway.socket.d/port.conf");
  EXPECT_THAT(socket_unit_addresses(folders), ElementsAre("127.0.0.1:1"));
  std::filesystem::create_symlink("/dev/null", folder_ / "etc/icom-gateway.socket");
  EXPECT_THAT(socket_unit_addresses(folders), IsEmpty());
  std::filesystem::remove(folder_ / "etc/icom-gateway.socket");
  write("etc/icom-gateway.socket", "");
  EXPECT_THAT(socket_unit_addresses(folders), IsEmpty());
}

TEST_F(CheckTest, PortThatRootListensAtMayBeSystemdsAndNobodyConnects) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, as systemd is";
  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  tcp::acceptor held(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const config::Address address{"127.0.0.1", held.local_endpoint().port()};
  const IngestPortState state = check_ingest_port(address, {0, false}, folder_);
  EXPECT_TRUE(state.usable) << state.text;
  EXPECT_FALSE(state.certain);
  EXPECT_THAT(state.text, HasSubstr("icom-gateway.socket"));
  held.non_blocking(true);
  boost::system::error_code none;
  held.accept(none);
  EXPECT_EQ(none, boost::asio::error::would_block);
  // Once the gateway runs, it is the gateway's.
  const IngestPortState running = check_ingest_port(address, {0, true}, folder_, {});
  EXPECT_TRUE(running.certain);
  EXPECT_THAT(running.text, HasSubstr("held for the gateway, which runs"));
  EXPECT_THAT(state.text, HasSubstr("no gateway runs"));
  EXPECT_THAT(check_ingest_port(address, {0}, folder_, {}).text, Not(HasSubstr("runs")));
  // Without systemd it is just in use.
  EXPECT_FALSE(check_ingest_port(address, {0}, folder_ / "nowhere").usable);
}

}  // namespace
}  // namespace icom::serve
