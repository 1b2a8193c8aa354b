#include "common/link/desk_seal.hpp"

#include <gtest/gtest.h>

#include <set>

namespace icom::link {
namespace {

const std::string kKey(32, 'k');

Transcript example_of(const DeskShare& agent, const DeskShare& gateway) {
  return {purpose_of(DeskHello::CODE),
          2,
          "nbcc",
          std::string(kNonceBytes, 'a'),
          std::string(kNonceBytes, 'g'),
          agent.public_part(),
          gateway.public_part()};
}

TEST(DeskSeal, BothEndsHaveTheSameKeysAndNobodyWithoutTheSecretOrAShare) {
  const DeskShare agent;
  const DeskShare gateway;
  const DeskShare other;
  const auto agreed = agent.agreed_with(gateway.public_part());
  ASSERT_TRUE(agreed.has_value());
  EXPECT_EQ(gateway.agreed_with(agent.public_part()), agreed);
  EXPECT_NE(other.agreed_with(agent.public_part()), agreed);
  const Transcript transcript = example_of(agent, gateway);
  std::set<std::string> keys;
  for (const Role sender : {Role::agent, Role::gateway}) {
    keys.insert(desk_key(sender, "secret", transcript, *agreed));
    keys.insert(desk_key(sender, "another", transcript, *agreed));
    keys.insert(desk_key(sender, "secret", example_of(agent, other), *agreed));
    keys.insert(desk_key(sender, "secret", transcript, *other.agreed_with(agent.public_part())));
  }
  EXPECT_EQ(keys.size(), 8U);
}

TEST(DeskSeal, SharesThatAreNoneAreRefused) {
  const DeskShare share;
  EXPECT_FALSE(share.agreed_with("").has_value());
  EXPECT_FALSE(share.agreed_with(std::string(31, 'x')).has_value());
  EXPECT_FALSE(share.agreed_with(std::string(32, '\0')).has_value()) << "of small order";
  EXPECT_NE(DeskShare().public_part(), share.public_part());
}

TEST(DeskSeal, AMessageComesAsItWasAndCannotBeRead) {
  for (const std::string& message :
       {std::string(), std::string("token"), std::string(70'000, 'x')}) {
    const std::string encrypted = encrypt_once(kKey, message);
    EXPECT_EQ(decrypt(kKey, encrypted), message);
    if (!message.empty()) {
      EXPECT_EQ(encrypted.find(message), std::string::npos);
    }
  }
}

TEST(DeskSeal, EveryFlippedBitAndEveryOtherLengthIsRefused) {
  const std::string encrypted = encrypt_once(kKey, "the token of nbcc");
  for (std::size_t bit = 0; bit < 8 * encrypted.size(); ++bit) {
    std::string changed = encrypted;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decrypt(kKey, changed).has_value()) << bit;
  }
  for (std::size_t size = 0; size < encrypted.size(); ++size) {
    EXPECT_FALSE(decrypt(kKey, encrypted.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decrypt(kKey, encrypted + 'x').has_value());
  EXPECT_FALSE(decrypt(std::string(32, 'o'), encrypted).has_value()) << "sent back to its sender";
}

TEST(DeskSeal, ACodeIsKnownByItsHash) {
  EXPECT_EQ(secret_of_code("abc").key,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_NE(purpose_of(DeskHello::CODE), purpose_of(DeskHello::TOKEN));
}

}  // namespace
}  // namespace icom::link
