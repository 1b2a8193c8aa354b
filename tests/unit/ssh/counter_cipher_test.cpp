// AES-256-CTR run ahead is AES-256-CTR.
#include "common/ssh/counter_cipher.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace icom::ssh {
namespace {

using Bytes = std::vector<unsigned char>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Context context() {
  return {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
}

Bytes numbers(std::size_t size, unsigned seed) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<unsigned char>((i * 131 + i / 251 + seed) & 0xFFU);
  return bytes;
}

/// What OpenSSL itself makes of it, in one piece.
Bytes expected(const Bytes& plain, const Bytes& key, const Bytes& iv) {
  EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", "provider=default");
  const Context own = context();
  Bytes out(plain.size());
  int size = 0;
  EXPECT_EQ(EVP_EncryptInit_ex2(own.get(), cipher, key.data(), iv.data(), nullptr), 1);
  EXPECT_EQ(
      EVP_EncryptUpdate(own.get(), out.data(), &size, plain.data(), static_cast<int>(plain.size())),
      1);
  EVP_CIPHER_free(cipher);
  return out;
}

class CounterCipherTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Once a process: another test may have been first.
    static const bool used =
        OSSL_PROVIDER_available(nullptr, "icom-counter") == 1 || use_counter_cipher();
    ASSERT_TRUE(used);
  }

  const Bytes key_ = numbers(32, 1);
  // The counter's low 64 bits overflow after a few blocks.
  const Bytes iv_{1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFD};
};

TEST_F(CounterCipherTest, IsWhatOpenSslGivesToWhoeverAsksAsLibssh2Does) {
  const Context asked = context();
  ASSERT_EQ(EVP_CipherInit(asked.get(), EVP_aes_256_ctr(), key_.data(), iv_.data(), 1), 1);
  EXPECT_STREQ(
      OSSL_PROVIDER_get0_name(EVP_CIPHER_get0_provider(EVP_CIPHER_CTX_get0_cipher(asked.get()))),
      "icom-counter");
}

TEST_F(CounterCipherTest, PiecesOfEverySizeMakeTheSameBytesAsOpenSslInBothDirections) {
  const Bytes plain = numbers(50'000, 2);
  const Bytes cipher = expected(plain, key_, iv_);
  for (const std::size_t piece : {1U, 7U, 16U, 33U, 4095U, 4096U, 4097U, 50'000U}) {
    for (const int encrypt : {1, 0}) {
      const Bytes& from = encrypt == 1 ? plain : cipher;
      const Bytes& to = encrypt == 1 ? cipher : plain;
      const Context own = context();
      ASSERT_EQ(EVP_CipherInit(own.get(), EVP_aes_256_ctr(), key_.data(), iv_.data(), encrypt), 1);
      Bytes out = from;  // in place, as a packet's bytes are
      for (std::size_t at = 0; at < out.size(); at += piece) {
        const auto size = static_cast<unsigned>(std::min(piece, out.size() - at));
        ASSERT_EQ(EVP_Cipher(own.get(), out.data() + at, out.data() + at, size),
                  static_cast<int>(size));
      }
      EXPECT_EQ(out, to) << piece << (encrypt == 1 ? " encrypted" : " decrypted");
    }
  }
}

/// Steps through the same changes of key and counter with OpenSSL's cipher and with ours.
TEST_F(CounterCipherTest, EachPartOfAnInitialisationAloneDoesWhatItDoesWithOpenSsl) {
  const Bytes other = numbers(32, 9);
  const Bytes plain = numbers(10'000, 4);
  EVP_CIPHER* const theirs = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", "provider=default");
  EVP_CIPHER* const ours = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", "provider=icom-counter");
  ASSERT_NE(ours, nullptr);
  std::vector<Bytes> outputs;
  for (EVP_CIPHER* const cipher : {theirs, ours}) {
    const Context own = context();
    Bytes all;
    const auto step = [&](const Bytes* key, const Bytes* iv, std::size_t bytes) {
      EXPECT_EQ(EVP_EncryptInit_ex2(own.get(), nullptr, key != nullptr ? key->data() : nullptr,
                                    iv != nullptr ? iv->data() : nullptr, nullptr),
                1);
      Bytes out(bytes);
      int size = 0;
      EXPECT_EQ(
          EVP_EncryptUpdate(own.get(), out.data(), &size, plain.data(), static_cast<int>(bytes)),
          1);
      all.insert(all.end(), out.begin(), out.end());
    };
    EXPECT_EQ(EVP_EncryptInit_ex2(own.get(), cipher, nullptr, nullptr, nullptr), 1);
    step(&key_, &iv_, 5);
    step(nullptr, nullptr, 10'000);
    step(nullptr, nullptr, 16);
    step(&other, nullptr, 4096);
    step(&other, nullptr, 33);
    step(nullptr, &iv_, 100);
    step(&key_, nullptr, 8193);
    step(nullptr, nullptr, 1);
    outputs.push_back(all);
  }
  EXPECT_EQ(outputs[0], outputs[1]);
  EVP_CIPHER_free(theirs);
  EVP_CIPHER_free(ours);
}

TEST_F(CounterCipherTest, NewKeyBeginsAnew) {
  const Bytes plain = numbers(100, 3);
  const Bytes other = numbers(32, 9);
  const Context own = context();
  for (const Bytes* const key : {&key_, &other, &key_}) {
    ASSERT_EQ(EVP_CipherInit(own.get(), EVP_aes_256_ctr(), key->data(), iv_.data(), 1), 1);
    Bytes out(plain.size());
    ASSERT_EQ(EVP_Cipher(own.get(), out.data(), plain.data(), 100), 100);
    EXPECT_EQ(out, expected(plain, *key, iv_));
  }
}

}  // namespace
}  // namespace icom::ssh
