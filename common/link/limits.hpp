// What both ends of the link agree on beside the messages. docs/protocol.md, "The link".
#pragma once

#include <chrono>
#include <cstddef>

namespace icom::link {

/// The HTTP target of the WebSocket upgrade. The gateway refuses any other with 404.
inline constexpr const char* kPath = "/link";

/// That of the desk, where a site enrols and renews its keys: desk.proto.
inline constexpr const char* kDeskPath = "/desk";
inline constexpr unsigned kDeskProtocol = 1;

/// Of a desk's message; a site's file has a few kB.
inline constexpr std::size_t kMaxDeskMessageBytes = 1U << 20U;

/// Frames' bytes after which an agent closes a batch while it drains a backlog. Large enough that a
/// batch's fixed cost vanishes, small enough that live frames wait behind it for milliseconds only.
/// One entry alone may exceed it.
inline constexpr std::size_t kBatchBytes = 1U << 20U;

/// The largest WebSocket message, either way. A batch of incompressible junk stays below it:
/// kBatchBytes, and one more entry of up to Framer::kMaxFrame bytes.
inline constexpr std::size_t kMaxMessageBytes = 4U << 20U;

/// Linacs that one connection may name. A site has 1 to 10; the bound is on what a broken peer can
/// make us remember.
inline constexpr std::size_t kMaxLinacs = 64;

/// From the WebSocket's opening to Hello, and from Hello to Welcome.
inline constexpr std::chrono::seconds kHelloDeadline{10};

/// A peer from which nothing came for this long, answers to pings included, is dead. Both ends send
/// a ping at half of it.
inline constexpr std::chrono::seconds kDeadPeer{15};

}  // namespace icom::link
