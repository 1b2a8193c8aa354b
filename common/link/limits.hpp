// What both ends of the link agree on beside the messages. docs/protocol.md, "The link".
#pragma once

#include <chrono>
#include <cstddef>

namespace icom::link {

/// The HTTP target of the WebSocket upgrade. The gateway refuses any other with 404.
inline constexpr const char* kPath = "/link";

/// That of the desk, where a site enrols and renews its keys: desk.proto.
inline constexpr const char* kDeskPath = "/desk";
inline constexpr unsigned kDeskProtocol = 2;

/// Of a desk's message; a site's file has a few kB.
inline constexpr std::size_t kMaxDeskMessageBytes = 1U << 20U;

/// Frames' bytes after which an agent closes a batch while it drains a backlog. Large enough that a
/// batch's fixed cost vanishes, small enough that live frames wait behind it for milliseconds only.
/// One entry alone may exceed it.
inline constexpr std::size_t kBatchBytes = 1U << 20U;

/// Entries of a batch. An agent closes a batch at 256; a peer that sends more would make us pay for
/// entries that cost it nothing: two bytes each, which compress a thousand to one.
inline constexpr std::size_t kMaxBatchEntries = 4'096;

/// Fields of an entry. It has six; the others are for later versions.
inline constexpr std::size_t kMaxEntryParts = 16;

/// The largest WebSocket message, either way. A batch of incompressible junk stays below it:
/// kBatchBytes, and one more entry of up to Framer::kMaxFrame bytes.
inline constexpr std::size_t kMaxMessageBytes = 4U << 20U;

/// The largest before both ends have proved themselves. Hello, Challenge and Proof have some 100
/// bytes; whoever can open the port may send so much and no more.
inline constexpr std::size_t kMaxUnprovedBytes = 4U << 10U;
/// The same where a site may still greet by kClearTokenProtocol, whose Hello names the runs of its
/// spools: 8 bytes each.
inline constexpr std::size_t kMaxClearHelloBytes = 64U << 10U;

/// Fields of a message, those of the messages in it included; a packed list is one field. Decoded,
/// a field of two bytes may cost a hundred. Before the proof, and after it either way.
inline constexpr std::size_t kMaxUnprovedParts = 16;
inline constexpr std::size_t kMaxClearHelloParts = 768;  // six for each of 128 spools
inline constexpr std::size_t kMaxPartsToGateway =
    4'096;  // Status and Announcement: 9 for each Linac
inline constexpr std::size_t kMaxPartsToAgent = 64'000;  // Welcome: 10,000 positions of 4, and more

/// Linacs of a site. A site has 1 to 10; the bound is on what a broken peer can make us remember.
inline constexpr std::size_t kMaxLinacs = 64;
/// Spools that one connection may name: those of the site's Linacs, and as many of such as were
/// taken out of its settings before all was sent.
inline constexpr std::size_t kMaxSpools = 2 * kMaxLinacs;

/// From the connection to the proof, and from there to Welcome.
inline constexpr std::chrono::seconds kHelloDeadline{10};

/// A peer from which nothing came for this long, answers to pings included, is dead. Both ends send
/// a ping at half of it.
inline constexpr std::chrono::seconds kDeadPeer{15};

}  // namespace icom::link
