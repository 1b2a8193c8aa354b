#include "common/link/proof.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/link/keyed_hash.hpp"
#include "common/text/hex.hpp"

namespace icom::link {
namespace {

std::string hex(std::string_view bytes) {
  return text::hex(as_bytes(bytes));
}

Transcript example() {
  return {kLinkPurpose, 2, "nbcc", std::string(kNonceBytes, 'a'), std::string(kNonceBytes, 'g')};
}

TEST(KeyedHash, HmacIsThatOfRfc4231) {
  EXPECT_EQ(hex(as_view(hmac_sha256(std::string(20, '\x0b'), "Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(as_view(hmac_sha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(as_view(hmac_sha256(std::string(131, '\xaa'),
                                    "Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(KeyedHash, HkdfIsThatOfRfc5869) {
  std::string salt;
  std::string info;
  for (char c = 0x00; c <= 0x0c; ++c) salt += c;
  for (int c = 0xf0; c <= 0xf9; ++c) info += static_cast<char>(c);
  EXPECT_EQ(hex(hkdf_sha256(std::string(22, '\x0b'), salt, info, 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(hex(hkdf_sha256(std::string(22, '\x0b'), "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(KeyedHash, RandomBytesAreNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(make_nonce());
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(seen.begin()->size(), kNonceBytes);
}

/// docs/protocol.md has the same: another release must come to it, too.
TEST(Proof, OfTheExampleIsAsItHasAlwaysBeen) {
  const std::string token = "a-token-of-nbcc-0123456789";
  EXPECT_EQ(hex(proof_of(Role::agent, token, example())),
            "13d97d5134785a6141285125f3acf0dab37a2a19525539427ad9060cb9433207");
  EXPECT_EQ(hex(proof_of(Role::gateway, token, example())),
            "d4f867fdb7186c2ad6f6e8e0415804a79cf0655b751df712bcb8797c50c187c7");
  EXPECT_EQ(hex(session_key(Role::agent, token, example())),
            "d506b02b6246f34ad354bf22b183958a2b5b2b949e85a130e512febf7fa48abd");
  EXPECT_EQ(hex(session_key(Role::gateway, token, example())),
            "942e261b2a8d7e138e0ce9657a7ac8e419297a19257cd35cfab8a006e1ae5220");
}

TEST(Proof, IsOfOneSecretOneRoleAndOneTranscript) {
  const std::string proof = proof_of(Role::agent, "secret", example());
  EXPECT_TRUE(proves(proof, Role::agent, "secret", example()));
  EXPECT_FALSE(proves(proof, Role::gateway, "secret", example())) << "sent back";
  EXPECT_FALSE(proves(proof, Role::agent, "secret ", example()));
  EXPECT_FALSE(proves("", Role::agent, "secret", example()));
  EXPECT_FALSE(proves(proof.substr(1), Role::agent, "secret", example()));
  for (int part = 0; part < 7; ++part) {
    Transcript other = example();
    if (part == 0) other.purpose += 'x';
    if (part == 1) ++other.protocol;
    if (part == 2) other.site = "nbc";
    if (part == 3) other.agent_nonce[31] ^= 1;
    if (part == 4) other.gateway_nonce[0] ^= 1;
    if (part == 5) other.agent_share = "x";
    if (part == 6) other.gateway_share = "x";
    EXPECT_FALSE(proves(proof, Role::agent, "secret", other)) << part;
    EXPECT_NE(session_key(Role::agent, "secret", other),
              session_key(Role::agent, "secret", example()));
  }
}

TEST(Proof, EveryFlippedBitIsSeen) {
  std::string proof = proof_of(Role::gateway, "secret", example());
  for (std::size_t bit = 0; bit < 8 * proof.size(); ++bit) {
    proof[bit / 8] = static_cast<char>(proof[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(proves(proof, Role::gateway, "secret", example())) << bit;
    proof[bit / 8] = static_cast<char>(proof[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(Proof, PartsDoNotRunIntoEachOther) {
  Transcript one = example();
  Transcript other = example();
  one.site = "ab";
  one.agent_nonce = "c";
  other.site = "a";
  other.agent_nonce = "bc";
  EXPECT_NE(proof_of(Role::agent, "secret", one), proof_of(Role::agent, "secret", other));
}

TEST(Proof, OfEitherTokenOfARotationIsFound) {
  const std::string proof = proof_of(Role::agent, "next", example());
  EXPECT_EQ(proved_secret(proof, {"current", "next"}, example()), "next");
  EXPECT_EQ(proved_secret(proof, {"current"}, example()), std::nullopt);
  EXPECT_EQ(proved_secret(proof, {}, example()), std::nullopt);
}

TEST(Proof, NothingThatIsSaidOrUsedIsTheSame) {
  const std::set<std::string> all{proof_of(Role::agent, "secret", example()),
                                  proof_of(Role::gateway, "secret", example()),
                                  session_key(Role::agent, "secret", example()),
                                  session_key(Role::gateway, "secret", example())};
  EXPECT_EQ(all.size(), 4U);
}

}  // namespace
}  // namespace icom::link
