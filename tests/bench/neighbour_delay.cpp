// What one site's input costs another: a site whose Linac sends 50 frames a second, and beside it
// one that sends what costs a gateway most, as fast as it is acknowledged. neighbour_figures.py
// starts the gateway, and knows what to make of the output.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/cli/program.hpp"
#include "common/link/batch_codec.hpp"
#include "tests/bench/sample_day.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/ingest/test_agent.hpp"

namespace icom::ingest {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::uint32_t kLinacs = 10;  // of the site that attacks
constexpr std::uint64_t kFirstRun = 1'000'000;

struct Entry {
  EntryKind kind = EntryKind::frame;
  std::uint64_t run = kFirstRun;
  ByteVector bytes;
};

/// What costs much. Batch `n` is of Linac n % kLinacs, and the n / kLinacs'th of that one.
struct Attack {
  std::string name;
  unsigned batches;
  std::function<std::vector<Entry>(unsigned linac, unsigned nth)> batch;
};

ByteVector random_bytes(std::size_t size, std::uint64_t seed) {
  ByteVector bytes(size);
  for (std::byte& one : bytes) {
    seed = seed * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    one = static_cast<std::byte>(seed >> 56U);
  }
  return bytes;
}

std::string text_of(const ByteVector& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Frame `n` of a Linac that sends four a second.
Entry frame_of(unsigned n, std::vector<test::TestItem> items, std::uint64_t run = kFirstRun) {
  test::FrameSpec spec;
  spec.time = test::time_after(n / 4);
  spec.counter = static_cast<std::uint8_t>(n);
  spec.items = std::move(items);
  return {EntryKind::frame, run, test::build_frame(spec)};
}

Entry connected(std::uint64_t run) {
  return {EntryKind::connected, run, {}};
}

std::vector<Entry> one(Entry entry) {
  std::vector<Entry> entries;
  entries.push_back(std::move(entry));
  return entries;
}

template <typename Make>
std::vector<Entry> many(unsigned count, const Make& make) {
  std::vector<Entry> entries;
  for (unsigned i = 0; i < count; ++i) {
    entries.push_back(make(i));
  }
  return entries;
}

/// `patient` and so many items that are alike but for their place.
std::vector<test::TestItem> items_of(unsigned count, std::uint16_t element, char part,
                                     unsigned salt) {
  std::vector<test::TestItem> items = test::typical_items(test::Patient{}, salt);
  for (unsigned i = 0; i < count; ++i) {
    items.push_back({0x3001, element, "LO", part, std::to_string(i + salt)});
  }
  return items;
}

constexpr unsigned kBatch = 250;

std::vector<Attack> attacks() {
  using test::Patient;
  using test::typical_items;
  return {
      {"none", 0, {}},
      {"an ordinary backlog", 4'000,
       [](unsigned, unsigned nth) {
         return many(128, [&](unsigned i) {
           Entry entry;
           test::append_frame_of_day(entry.bytes, std::uint64_t{nth} * 128 + i);
           return entry;
         });
       }},
      {"61,000 interlocks in a frame", 100,
       [](unsigned, unsigned nth) {
         return one(frame_of(nth, items_of(61'000, 0x1016, 'R', nth)));
       }},
      {"61,000 unknown items in a frame", 100,
       [](unsigned, unsigned nth) {
         return one(frame_of(nth, items_of(61'000, 0x7777, 'P', nth)));
       }},
      {"a text of 1.9 MB in a frame", 150,
       [](unsigned linac, unsigned nth) {
         auto items = typical_items(Patient{}, nth);
         items.push_back(
             {0x3001, 0x5001, "LO", 'P', text_of(random_bytes(1'900'000, nth * 64 + linac))});
         return one(frame_of(nth, std::move(items)));
       }},
      {"the same, latest first", 150,
       [](unsigned linac, unsigned nth) {
         auto items = typical_items(Patient{}, nth);
         items.push_back(
             {0x3001, 0x5001, "LO", 'P', text_of(random_bytes(1'900'000, nth * 64 + linac))});
         return one(frame_of(1'000 - nth, std::move(items)));
       }},
      {"a patient in each frame", 100,
       [](unsigned linac, unsigned nth) {
         return many(kBatch, [&](unsigned i) {
           const unsigned n = nth * kBatch + i;
           return frame_of(n, typical_items(Patient{std::to_string(linac * 100'000 + n), "A"}, n));
         });
       }},
      {"a patient in each frame, in one second", 100,
       [](unsigned linac, unsigned nth) {
         return many(kBatch, [&](unsigned i) {
           const unsigned n = nth * kBatch + i;
           return frame_of(n % 4,
                           typical_items(Patient{std::to_string(linac * 100'000 + n), "A"}, n));
         });
       }},
      {"frames of one second", 200,
       [](unsigned, unsigned nth) {
         return many(kBatch, [&](unsigned i) {
           return frame_of(i % 4, typical_items(Patient{}, nth * kBatch + i));
         });
       }},
      {"a record, latest frames first", 200,
       [](unsigned, unsigned nth) {
         return many(kBatch, [&](unsigned i) {
           const unsigned n = 80'000 - nth * kBatch - i;
           return frame_of(n, typical_items(Patient{}, n), kFirstRun);
         });
       }},
      {"a record, each batch late and of its whole hour", 500,
       [](unsigned, unsigned nth) {
         const std::uint64_t run = kFirstRun + nth;
         auto entries = many(kBatch, [&](unsigned i) {
           const unsigned n = i * 57 + nth;
           return frame_of(n, typical_items(Patient{}, n), run);
         });
         entries.insert(entries.begin(), connected(run));
         return entries;
       }},
      {"a late frame in each run", 200,
       [](unsigned, unsigned nth) {
         std::vector<Entry> entries;
         for (unsigned i = 0; i < kBatch; ++i) {
           const unsigned n = (nth * kBatch + i) * 7'919 % 80'000;
           const std::uint64_t run = kFirstRun + std::uint64_t{nth} * kBatch + i;
           entries.push_back(connected(run));
           entries.push_back(frame_of(n, typical_items(Patient{}, n), run));
         }
         return entries;
       }},
      {"runs of one byte of junk", 40,
       [](unsigned, unsigned nth) {
         return many(4'000, [&](unsigned i) {
           return Entry{EntryKind::junk, kFirstRun + std::uint64_t{nth} * 4'000 + i, ByteVector(1)};
         });
       }},
      {"empty entries", 100,
       [](unsigned, unsigned) {
         return many(4'000, [](unsigned) { return Entry{EntryKind::junk, kFirstRun, {}}; });
       }},
      {"junk of 2 MB that does not compress", 150,
       [](unsigned linac, unsigned nth) {
         return one({EntryKind::junk, kFirstRun, random_bytes(2'000'000, nth * 64 + linac)});
       }},
      {"connections", 100,
       [](unsigned, unsigned nth) {
         return many(4'000, [&](unsigned i) {
           return Entry{
               i % 2 == 0 ? EntryKind::connected : EntryKind::disconnected, kFirstRun + nth, {}};
         });
       }},
  };
}

struct Place {
  std::uint16_t port = 0;
  std::filesystem::path tokens;  // <site>.token for site000 and site001
};

/// A site's end of the link. For one thread.
class Site {
 public:
  Site(const Place& place, const std::string& site, std::uint32_t serial, std::uint32_t linacs)
      : agent_(place.port), linacs_(linacs) {
    std::string token;
    std::getline(std::ifstream(place.tokens / (site + ".token")), token);
    link::Hello hello;
    hello.set_protocol(link::kLinkProtocol);
    hello.set_site(site);
    hello.set_token(token);
    hello.set_agent_version("bench");
    for (std::uint32_t linac = 1; linac <= linacs; ++linac) {
      link::SpoolState& spool = *hello.add_spools();
      spool.set_serial(std::to_string(serial + linac));
      spool.set_linac(linac);
    }
    const link::ToAgent answer = agent_.greet(hello);
    if (!answer.has_welcome()) throw std::runtime_error("refused: " + answer.refused().text());
    window_ = answer.welcome().max_unacknowledged_bytes();
  }

  /// Waits while the gateway asks for it.
  void send(std::uint32_t linac, const std::vector<Entry>& entries) {
    Sent sent{linac, 0, 0, 0};
    for (const Entry& entry : entries) {
      Last& last = last_[linac];
      if (last.run != entry.run) last = {entry.run, 0};
      link::LinkEntry out;
      out.linac = linac;
      out.kind = entry.kind;
      out.run = last.run;
      out.seq = ++last.seq;
      out.received_us = received_us_ += 250;
      out.bytes = entry.bytes;
      agent_.encoder.add(out);
      sent.bytes += entry.bytes.size();
    }
    sent.run = last_[linac].run;
    sent.seq = last_[linac].seq;
    while (unacknowledged_ > 0 && unacknowledged_ + sent.bytes > window_) take_ack();
    if (agent_.send_batch()) throw std::runtime_error("the gateway closed the connection");
    unacknowledged_ += sent.bytes;
    waiting_.push_back(sent);
  }

  void wait_for_all() {
    while (!waiting_.empty()) take_ack();
  }

 private:
  struct Last {
    std::uint64_t run = 0;
    std::uint64_t seq = 0;
  };
  struct Sent {
    std::uint32_t linac = 0;
    std::uint64_t run = 0;
    std::uint64_t seq = 0;
    std::size_t bytes = 0;
  };

  void take_ack() {
    const auto message = agent_.receive();
    if (!message) throw std::runtime_error("no answer within five seconds");
    if (message->has_refused()) throw std::runtime_error("refused: " + message->refused().text());
    for (const link::LinacPosition& position : message->ack().positions()) {
      std::erase_if(waiting_, [&](const Sent& sent) {
        const bool stored = sent.linac == position.linac() &&
                            std::pair(sent.run, sent.seq) <=
                                std::pair(std::uint64_t{position.run()}, position.seq());
        if (stored) unacknowledged_ -= sent.bytes;
        return stored;
      });
    }
  }

  TestAgent agent_;
  const std::uint32_t linacs_;
  std::size_t window_ = 0;
  std::size_t unacknowledged_ = 0;
  std::int64_t received_us_ = 1'700'000'000'000'000;
  std::vector<Last> last_ = std::vector<Last>(linacs_ + 1);
  std::deque<Sent> waiting_;
};

/// Until told to stop: a frame each 20 ms, and how long its acknowledgement took. Those that wait
/// for one that is late are not sent before it is acknowledged.
std::vector<Milliseconds> delays_of(Site& site, const std::atomic<bool>& stop) {
  std::vector<Milliseconds> delays;
  auto due = Clock::now();
  for (unsigned n = 0; !stop; ++n) {
    const auto entries = one(frame_of(n, test::typical_items(test::Patient{}, n, 160)));
    const auto begin = Clock::now();
    site.send(1, entries);
    site.wait_for_all();
    delays.emplace_back(Clock::now() - begin);
    due = std::max(due + 20ms, Clock::now());
    std::this_thread::sleep_until(due);
  }
  return delays;
}

/// Returns how many batches were sent.
unsigned attack(Site& site, const Attack& attack, Clock::time_point until) {
  unsigned n = 0;
  for (; n < attack.batches && Clock::now() < until; ++n) {
    site.send(1 + n % kLinacs, attack.batch(n % kLinacs, n / kLinacs));
  }
  site.wait_for_all();
  return n;
}

int run(const Place& place, const Attack& chosen, std::chrono::seconds longest) {
  Site neighbour(place, "site000", 10'000, 1);
  std::atomic<bool> stop = false;
  std::vector<Milliseconds> delays;
  std::exception_ptr failure;
  std::thread measuring([&] {
    try {
      delays = delays_of(neighbour, stop);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  unsigned sent = 0;
  std::string ended = "all of it";
  const auto begin = Clock::now();
  try {
    if (chosen.batches > 0) {
      Site site(place, "site001", 20'000, kLinacs);
      sent = attack(site, chosen, begin + longest);
    }
  } catch (const std::exception& error) {
    ended = error.what();
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::this_thread::sleep_for(3s);  // what the attack has left to be done
  stop = true;
  measuring.join();
  if (failure) std::rethrow_exception(failure);
  std::sort(delays.begin(), delays.end());
  const auto at = [&](double part) {
    return delays.at(static_cast<std::size_t>(part * static_cast<double>(delays.size() - 1)))
        .count();
  };
  std::cout << at(0.5) << ' ' << at(0.99) << ' ' << at(1) << ' ' << delays.size() << ' ' << sent
            << ' ' << took.count() << ' ' << ended << std::endl;
  return 0;
}

}  // namespace
}  // namespace icom::ingest

int main(int argc, char** argv) {
  icom::ingest::Place place;
  std::string name = "none";
  bool list = false;
  int seconds = 20;
  const icom::cli::Program app("How long a frame of one site waits while another site attacks.",
                               "neighbour-delay");
  app.add_option("--port", place.port, "the gateway's ingest port, on loopback");
  app.add_option("--tokens", place.tokens, "folder of site000.token and site001.token");
  app.add_option("--attack", name);
  app.add_option("--seconds", seconds, "the attack ends after them").within(1, 300);
  app.add_flag("--list", list, "prints the names of the attacks");
  if (const auto code = app.parse_or_tell(argc, argv)) return *code;
  try {
    for (const auto& attack : icom::ingest::attacks()) {
      if (list) std::cout << attack.name << '\n';
      if (!list && attack.name == name) {
        return icom::ingest::run(place, attack, std::chrono::seconds(seconds));
      }
    }
    if (!list) std::cerr << "neighbour-delay: no such attack: --list names them\n";
    return list ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "neighbour-delay: " << error.what() << '\n';
    return 1;
  }
}
