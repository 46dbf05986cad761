// Clients transfer between counters with WATCH, MULTI and EXEC while actors are killed: the sum
// never changes, and each EXEC that was answered happened exactly once, whole.
#include <map>
#include <memory>
#include <random>
#include <sstream>

#include "tests/stress/killing.hpp"
#include "tests/stress/load.hpp"

namespace respawn::stress {
namespace {

constexpr int clients = 64;
constexpr int accounts = 40;
constexpr std::int64_t opening_balance = 1000;

std::string account_name(int account) {
  return "account:" + std::to_string(account);
}

struct Transfer {
  std::string id;  // of its client: "1", "2"...
  int from = 0;
  int to = 0;
  std::int64_t amount = 0;
};

/// Transfers one amount after another. Each EXEC also appends the transfer to a journal of the
/// client's own, which therefore says what happened. The new balances are computed from what was
/// read, so an EXEC that did not notice a change behind its WATCH would lose that change. Owner:
/// one thread.
class Teller {
 public:
  Teller(std::uint16_t port, int number)
      : client_(port),
        journal_("journal:" + std::to_string(number)),
        random_(static_cast<unsigned>(number)) {}

  /// One attempt. Whatever goes wrong before the EXEC is sent ends it: nothing has happened then.
  void turn() {
    if (!client_.connect()) return std::this_thread::sleep_for(Milliseconds(1));
    const Transfer transfer = next();
    const auto balances = watch_and_read(transfer);
    if (!balances || !queue(transfer, balances->first, balances->second)) return give_up();
    execute(transfer);
  }

  /// Compares the journal with what was answered, and adds its transfers to `balances`.
  void settle(RespClient& reader, std::map<int, std::int64_t>& balances) const {
    std::map<std::string, int> times;
    for (const auto& entry : reader.command({"LRANGE", journal_, "0", "-1"}).elements) {
      std::istringstream fields(entry.text);
      Transfer transfer;
      fields >> transfer.id >> transfer.from >> transfer.to >> transfer.amount;
      ++times[transfer.id];
      balances[transfer.from] -= transfer.amount;
      balances[transfer.to] += transfer.amount;
    }
    for (const auto& [id, fate] : fates_) {
      const int happened = times.contains(id) ? times[id] : 0;
      if (fate == Fate::done) {
        EXPECT_EQ(happened, 1) << journal_ << " " << id << " was answered";
      }
      if (fate == Fate::refused) {
        EXPECT_EQ(happened, 0) << journal_ << " " << id << " was refused";
      }
      EXPECT_LE(happened, 1) << journal_ << " " << id;
    }
    for (const auto& [id, count] : times)
      EXPECT_TRUE(fates_.contains(id)) << journal_ << " " << id << " was never sent to be executed";
  }

  [[nodiscard]] int count_done() const { return count(Fate::done); }

  [[nodiscard]] int count_refused() const { return count(Fate::refused); }

  [[nodiscard]] int count_unknown() const { return count(Fate::unknown); }

 private:
  enum class Fate : std::uint8_t { done, refused, unknown };

  Transfer next() {
    const int from = static_cast<int>(random_() % accounts);
    const int to = (from + 1 + static_cast<int>(random_() % (accounts - 1))) % accounts;
    return {std::to_string(++made_), from, to, 1 + static_cast<std::int64_t>(random_() % 10)};
  }

  /// The reply of a command that must answer so far as it is answered at all.
  std::optional<Reply> ask(const std::vector<std::string>& words, char type) {
    auto reply = client_.command(words);
    if (!reply || (reply->is_error() && is_excused(*reply))) return std::nullopt;
    if (reply->type == type) return reply;
    ADD_FAILURE() << words[0] << " answered " << support::printable(reply->bytes());
    return std::nullopt;
  }

  std::optional<std::pair<std::int64_t, std::int64_t>> watch_and_read(const Transfer& transfer) {
    const auto from = account_name(transfer.from);
    const auto to = account_name(transfer.to);
    if (!ask({"WATCH", from, to}, '+')) return std::nullopt;
    const auto reply = ask({"MGET", from, to}, '*');
    if (!reply) return std::nullopt;
    return std::pair{std::stoll(reply->elements[0].text), std::stoll(reply->elements[1].text)};
  }

  bool queue(const Transfer& transfer, std::int64_t from, std::int64_t to) {
    const auto entry = transfer.id + " " + std::to_string(transfer.from) + " " +
                       std::to_string(transfer.to) + " " + std::to_string(transfer.amount);
    return ask({"MULTI"}, '+') &&
           ask({"SET", account_name(transfer.from), std::to_string(from - transfer.amount)}, '+') &&
           ask({"RPUSH", journal_, entry}, '+') &&
           ask({"SET", account_name(transfer.to), std::to_string(to + transfer.amount)}, '+');
  }

  void execute(const Transfer& transfer) {
    fates_[transfer.id] = Fate::unknown;
    const auto reply = client_.command({"EXEC"});
    if (!reply) return;
    if (reply->is_error()) {
      is_excused(*reply);
      return give_up();
    }
    if (reply->null) {
      fates_[transfer.id] = Fate::refused;
      return;
    }
    fates_[transfer.id] = Fate::done;
    EXPECT_EQ(reply->elements.size(), 3U) << support::printable(reply->bytes());
    for (const auto& each : reply->elements) EXPECT_FALSE(each.is_error()) << each.text;
  }

  /// A connection that may be in a transaction, or watch, is of no use to the next attempt.
  void give_up() { client_.command({"RESET"}); }

  [[nodiscard]] int count(Fate wanted) const {
    int sum = 0;
    for (const auto& [id, fate] : fates_) sum += fate == wanted ? 1 : 0;
    return sum;
  }

  Comeback client_;
  std::string journal_;
  std::mt19937 random_;
  int made_ = 0;
  std::map<std::string, Fate> fates_;  // of the transfers whose EXEC was sent
};

/// Adds all balances up, again and again, in one command and in a transaction. Owner: one thread.
class Auditor {
 public:
  explicit Auditor(std::uint16_t port) : client_(port) {
    for (int account = 0; account < accounts; ++account) all_.push_back(account_name(account));
  }

  void turn() {
    if (!client_.connect()) return std::this_thread::sleep_for(Milliseconds(1));
    if (++turns_ % 2 == 0) return audit(client_.command(all_));
    const auto opened = client_.command({"MULTI"});
    const auto queued = opened ? client_.command(all_) : std::nullopt;
    const auto reply = queued ? client_.command({"EXEC"}) : std::nullopt;
    // Without its MULTI, or without its MGET, this was no transaction: the connection was lost.
    if (reply && reply->type == '*' && reply->elements.size() == 1) audit(reply->elements[0]);
    if (!reply || reply->is_error()) client_.command({"RESET"});
  }

  [[nodiscard]] int audits() const { return audits_; }

 private:
  void audit(const std::optional<Reply>& reply) {
    if (!reply || (reply->is_error() && is_excused(*reply))) return;
    std::int64_t sum = 0;
    for (const auto& balance : reply->elements) sum += std::stoll(balance.text);
    EXPECT_EQ(sum, accounts * opening_balance);
    ++audits_;
  }

  Comeback client_;
  std::vector<std::string> all_{"MGET"};
  int turns_ = 0;
  int audits_ = 0;
};

class Transfers : public Killing {
 protected:
  void open_accounts() const {
    RespClient client(server_->port());
    for (int account = 0; account < accounts; ++account)
      client.ok({"SET", account_name(account), std::to_string(opening_balance)});
  }

  /// Every account holds what the journals say, and every journal what was answered.
  void check(const std::vector<std::unique_ptr<Teller>>& tellers) const {
    RespClient reader(server_->port());
    std::map<int, std::int64_t> balances;
    for (int account = 0; account < accounts; ++account) balances[account] = opening_balance;
    for (const auto& teller : tellers) teller->settle(reader, balances);
    for (const auto& [account, balance] : balances)
      EXPECT_EQ(reader.text({"GET", account_name(account)}), std::to_string(balance))
          << account_name(account);
    int done = 0;
    int refused = 0;
    int unknown = 0;
    for (const auto& teller : tellers) {
      done += teller->count_done();
      refused += teller->count_refused();
      unknown += teller->count_unknown();
    }
    EXPECT_GT(done, clients) << "hardly anything was transferred";
    EXPECT_GT(refused, 0) << "no two transfers met: WATCH was not tested";
    EXPECT_GT(unknown, 0) << "no kill met an EXEC in flight: the test shows nothing";
  }
};

TEST_P(Transfers, KeepTheSumAndHappenExactlyOnce) {
  const int rounds = number_from("RESPAWN_KILLS", scaled(150, 1000));
  open_accounts();
  Auditor auditor(server_->port());
  std::vector<std::unique_ptr<Teller>> tellers;
  Crew crew;
  for (int i = 0; i < clients; ++i) {
    tellers.push_back(std::make_unique<Teller>(server_->port(), i));
    crew.add([teller = tellers.back().get()] { teller->turn(); });
  }
  crew.add([&auditor] { auditor.turn(); });
  std::mt19937 pace(1);
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    kill(round);
    std::this_thread::sleep_for(std::chrono::microseconds(pace() % 5000));
  }
  EXPECT_GE(kills_, rounds * 9 / 10);
  crew.stop();
  ASSERT_TRUE(server_->running()) << server_->standard_error();
  check(tellers);
  EXPECT_GT(auditor.audits(), 0);
  const auto status = server_->stop();
  EXPECT_TRUE(status && status->clean()) << server_->standard_error();
}

INSTANTIATE_TEST_SUITE_P(Loops, Transfers, settings_of_loops(), name_of_loops);

}  // namespace
}  // namespace respawn::stress
