// AES-256 in counter mode, for callers that ask for 16 bytes at a time. Not for users of the
// library.
#pragma once

namespace icom::ssh {

/// libssh2 1.10 encrypts and decrypts block by block: a call of OpenSSL for each 16 bytes, which
/// costs three times what the encryption itself does. From now on AES-256-CTR, wherever OpenSSL is
/// asked for it in this process without naming a provider, comes from a provider of ours: the same
/// cipher, OpenSSL's own, run 4 kB ahead, so that a block costs an addition.
///
/// False if OpenSSL refuses; all works without, slower. To be called once, before there are
/// sessions.
bool use_counter_cipher();

}  // namespace icom::ssh
