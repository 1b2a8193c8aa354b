#include "common/ssh/counter_cipher.hpp"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace icom::ssh {
namespace {

constexpr const char* kProvider = "icom-counter";
constexpr const char* kProperties = "provider=icom-counter";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kIvBytes = 16;
constexpr std::size_t kAhead = 4096;

/// OpenSSL's own AES-256-CTR; null if there is none.
EVP_CIPHER* openssl_cipher() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", "provider=default");
  return cipher;
}

/// What is to be added to the bytes that come next. Encrypting and decrypting are the same.
class KeyStream {
 public:
  KeyStream() : cipher_(EVP_CIPHER_CTX_new()) {
    if (cipher_ == nullptr || !start(openssl_cipher(), nullptr, nullptr)) {
      EVP_CIPHER_CTX_free(cipher_);
      throw std::bad_alloc();
    }
  }
  ~KeyStream() {
    EVP_CIPHER_CTX_free(cipher_);
    OPENSSL_cleanse(ahead_.data(), ahead_.size());
  }
  KeyStream(const KeyStream&) = delete;
  KeyStream& operator=(const KeyStream&) = delete;

  /// Either may be null: as before, from the next whole block on. (OpenSSL's own random numbers are
  /// made so.)
  bool restart(const unsigned char* key, const unsigned char* iv) {
    if (iv != nullptr) {
      std::copy_n(iv, kIvBytes, counter_.begin());
    } else {
      count_blocks();
    }
    used_ = ahead_.size();
    counted_from_ = used_;
    return start(nullptr, key, counter_.data());
  }

  bool add_to(unsigned char* out, const unsigned char* in, std::size_t size) {
    while (size > 0) {
      if (used_ == ahead_.size() && !run_ahead()) return false;
      const std::size_t part = std::min(size, ahead_.size() - used_);
      add(out, in, ahead_.data() + used_, part);
      used_ += part;
      out += part;
      in += part;
      size -= part;
    }
    return true;
  }

 private:
  bool start(EVP_CIPHER* cipher, const unsigned char* key, const unsigned char* iv) {
    return EVP_EncryptInit_ex2(cipher_, cipher, key, iv, nullptr) == 1;
  }

  /// Moves counter_ behind the last block of which something was used.
  void count_blocks() {
    std::size_t carry = (used_ - counted_from_ + kIvBytes - 1) / kIvBytes;
    for (std::size_t i = kIvBytes; i > 0 && carry > 0; --i) {
      carry += counter_[i - 1];
      counter_[i - 1] = static_cast<unsigned char>(carry & 0xFFU);
      carry >>= 8U;
    }
  }

  bool run_ahead() {
    count_blocks();
    static constexpr std::array<unsigned char, kAhead> kZeros{};
    int written = 0;
    const bool done = EVP_EncryptUpdate(cipher_, ahead_.data(), &written, kZeros.data(),
                                        static_cast<int>(kAhead)) == 1;
    used_ = 0;
    counted_from_ = 0;
    return done && written == static_cast<int>(kAhead);
  }

  static void add(unsigned char* out, const unsigned char* in, const unsigned char* key_stream,
                  std::size_t size) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    for (; size >= sizeof a; size -= sizeof a) {
      std::memcpy(&a, in, sizeof a);
      std::memcpy(&b, key_stream, sizeof b);
      a ^= b;
      std::memcpy(out, &a, sizeof a);
      in += sizeof a;
      key_stream += sizeof a;
      out += sizeof a;
    }
    for (; size > 0; --size) *out++ = static_cast<unsigned char>(*in++ ^ *key_stream++);
  }

  EVP_CIPHER_CTX* cipher_;
  std::array<unsigned char, kAhead> ahead_{};
  std::size_t used_ = kAhead;                      ///< what of ahead_ has been added already
  std::array<unsigned char, kIvBytes> counter_{};  ///< of the block at counted_from_ in ahead_
  std::size_t counted_from_ = kAhead;
};

KeyStream& stream_of(void* context) {
  return *static_cast<KeyStream*>(context);
}

// What OpenSSL calls; the signatures are those of provider-cipher(7).

void* new_context(void* /*provider*/) {
  try {
    return new KeyStream();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void free_context(void* context) {
  delete static_cast<KeyStream*>(context);
}

int initialise(void* context, const unsigned char* key, std::size_t key_size,
               const unsigned char* iv, std::size_t iv_size, const OSSL_PARAM* /*parameters*/) {
  const bool fits =
      (key == nullptr || key_size == kKeyBytes) && (iv == nullptr || iv_size == kIvBytes);
  return fits && stream_of(context).restart(key, iv) ? 1 : 0;
}

int run(void* context, unsigned char* out, std::size_t* written, std::size_t room,
        const unsigned char* in, std::size_t size) {
  if (room < size || !stream_of(context).add_to(out, in, size)) return 0;
  *written = size;
  return 1;
}

int finish(void* /*context*/, unsigned char* /*out*/, std::size_t* written, std::size_t /*room*/) {
  *written = 0;
  return 1;
}

bool set_size(OSSL_PARAM* parameters, const char* name, std::size_t value) {
  OSSL_PARAM* const parameter = OSSL_PARAM_locate(parameters, name);
  return parameter == nullptr || OSSL_PARAM_set_size_t(parameter, value) == 1;
}

int sizes(OSSL_PARAM* parameters) {
  return set_size(parameters, OSSL_CIPHER_PARAM_KEYLEN, kKeyBytes) &&
                 set_size(parameters, OSSL_CIPHER_PARAM_IVLEN, kIvBytes)
             ? 1
             : 0;
}

int get_parameters(OSSL_PARAM* parameters) {
  OSSL_PARAM* const mode = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_MODE);
  if (mode != nullptr && OSSL_PARAM_set_uint(mode, EVP_CIPH_CTR_MODE) != 1) return 0;
  if (!set_size(parameters, OSSL_CIPHER_PARAM_BLOCK_SIZE, 1)) return 0;
  return sizes(parameters);
}

int get_context_parameters(void* /*context*/, OSSL_PARAM* parameters) {
  return sizes(parameters);
}

template <typename Function>
void (*erased(Function* function))() {
  return reinterpret_cast<void (*)()>(function);
}

const OSSL_DISPATCH kCipher[] = {
    {OSSL_FUNC_CIPHER_NEWCTX, erased(new_context)},
    {OSSL_FUNC_CIPHER_FREECTX, erased(free_context)},
    {OSSL_FUNC_CIPHER_ENCRYPT_INIT, erased(initialise)},
    {OSSL_FUNC_CIPHER_DECRYPT_INIT, erased(initialise)},
    {OSSL_FUNC_CIPHER_UPDATE, erased(run)},
    {OSSL_FUNC_CIPHER_FINAL, erased(finish)},
    {OSSL_FUNC_CIPHER_CIPHER, erased(run)},
    {OSSL_FUNC_CIPHER_GET_PARAMS, erased(get_parameters)},
    {OSSL_FUNC_CIPHER_GET_CTX_PARAMS, erased(get_context_parameters)},
    {0, nullptr},
};

const OSSL_ALGORITHM kCiphers[] = {
    {"AES-256-CTR", kProperties, kCipher, "AES-256-CTR, run ahead"},
    {nullptr, nullptr, nullptr, nullptr},
};

const OSSL_ALGORITHM* query(void* /*provider*/, int operation, int* no_cache) {
  *no_cache = 0;
  return operation == OSSL_OP_CIPHER ? kCiphers : nullptr;
}

const OSSL_DISPATCH kFunctions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, erased(query)},
    {0, nullptr},
};

int start(const OSSL_CORE_HANDLE* /*core*/, const OSSL_DISPATCH* /*from_core*/,
          const OSSL_DISPATCH** functions, void** context) {
  *functions = kFunctions;
  static int none = 0;
  *context = &none;
  return 1;
}

}  // namespace

bool use_counter_cipher() {
  // A provider that is loaded by name takes OpenSSL's own ones away, unless they are, too.
  return OSSL_PROVIDER_load(nullptr, "default") != nullptr && openssl_cipher() != nullptr &&
         OSSL_PROVIDER_add_builtin(nullptr, kProvider, start) == 1 &&
         OSSL_PROVIDER_load(nullptr, kProvider) != nullptr &&
         EVP_set_default_properties(nullptr, "?provider=icom-counter") == 1;
}

}  // namespace icom::ssh
