// One site's broken file, and a command that hangs, stop nobody else.
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "gateway/registration/site_book.hpp"
#include "gateway/serve/gateway.hpp"
#include "tests/unit/ingest/ingest_fixture.hpp"
#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

using testing::HasSubstr;

class OthersFaultsTest : public GatewayFolder {
 protected:
  [[nodiscard]] config::GatewaySettings load() const {
    return config::load_usable_gateway(config_);
  }
  void write_other_site() const {
    std::string other = config::with(config::kSite, "site: nbcc", "site: rccc");
    other = config::with(config::with(other, "\"4299\"", "\"2619\""), "\"9183\"", "\"2694\"");
    write("sites/rccc.yaml", other);
    write_token("rccc", kToken + "\n");
  }
  /// What an agent of the site is answered.
  [[nodiscard]] link::ToAgent hello(const std::string& site, const std::string& serial,
                                    const std::string& token = kToken) const {
    ingest::TestAgent agent(port_);
    link::Hello hello;
    hello.set_protocol(link::kLinkProtocol);
    hello.set_site(site);
    hello.set_token(token);
    ingest::add_spool(hello, serial, 1);
    return agent.greet(hello);
  }
  [[nodiscard]] bool accepts(const std::string& site, const std::string& serial) const {
    const link::ToAgent answer = hello(site, serial);
    return answer.has_welcome() && answer.welcome().linacs(0).accepted();
  }
  [[nodiscard]] std::filesystem::path registration() const {
    return folder_ / "store/registration";
  }
  template <typename Condition>
  static bool comes_true(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
  }
};

TEST_F(OthersFaultsTest, ASiteWithABrokenFileIsRefusedWithThePlaceAndTheOthersAreServed) {
  write_other_site();
  write("sites/nbcc.yaml", config::with(config::kSite, "38471", "x"));
  Gateway gateway(load());
  gateway.start();
  EXPECT_TRUE(accepts("rccc", "2619"));
  const link::ToAgent answer = hello("nbcc", "4299");
  ASSERT_TRUE(answer.has_refused());
  EXPECT_EQ(answer.refused().code(), link::Refused::UNKNOWN_SITE);
  EXPECT_THAT(answer.refused().text(), HasSubstr("sites/nbcc.yaml:"));
  // Nobody else is told what the file holds.
  const link::ToAgent to_stranger = hello("nbcc", "4299", "guessed, thirty-two characters .");
  EXPECT_EQ(to_stranger.refused().code(), link::Refused::WRONG_TOKEN);
  EXPECT_THAT(to_stranger.refused().text(), testing::Not(HasSubstr("sites/nbcc.yaml")));

  write("sites/nbcc.yaml", config::kSite);
  gateway.apply(load());
  EXPECT_TRUE(accepts("nbcc", "4299"));
  EXPECT_TRUE(accepts("rccc", "2619"));
}

TEST_F(OthersFaultsTest, WhereEverySiteIsBrokenTheGatewayRunsAndTakesTheFirstThatIsMended) {
  write("sites/nbcc.yaml", "site: [");
  Gateway gateway(load());
  gateway.start();
  EXPECT_TRUE(hello("nbcc", "4299").has_refused());
  write("sites/nbcc.yaml", config::kSite);
  gateway.apply(load());
  EXPECT_TRUE(accepts("nbcc", "4299"));
}

TEST_F(OthersFaultsTest, ACommandThatHoldsTheRegistrationHoldsUpNoLinacAndNoStop) {
  Gateway gateway(load());
  gateway.start();
  auto held = registration::SiteBook(registration()).lock();  // as one that hangs
  gateway.write_authorized_keys();
  write("sites/nbcc.yaml", config::with(config::kSite, "\"4299\"", "\"4300\""));
  gateway.apply(load());
  EXPECT_TRUE(accepts("nbcc", "4300"));
  EXPECT_FALSE(std::filesystem::exists(registration() / "authorized_keys"));
  held.reset();
  EXPECT_TRUE(
      comes_true([this] { return std::filesystem::exists(registration() / "authorized_keys"); }));

  held = registration::SiteBook(registration()).lock();
  gateway.write_authorized_keys();
  gateway.stop(std::chrono::seconds(30));
}

TEST_F(OthersFaultsTest, WhoHoldsTheRegistrationIsSaid) {
  const registration::SiteBook book(registration());
  const auto held = book.lock();
  try {
    static_cast<void>(book.lock(std::chrono::milliseconds(0)));
    FAIL() << "locked twice";
  } catch (const registration::RegistrationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(::getpid()) + " ("));
  }
}

}  // namespace
}  // namespace icom::serve
