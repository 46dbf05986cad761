// Random lives of supervised children: whatever happens in whatever order, the contract holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "supervision/restart_policy.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/supervision/policy_script.hpp"

namespace respawn::supervision {
namespace {

/// The children and timers that the policy's actions bring about, and what must be true of them.
class World {
 public:
  World(PolicyOptions options, std::vector<ChildTraits> children, Random& random)
      : options_(options),
        policy_(options, children),
        random_(random),
        template_(any_traits(random)) {
    for (ChildKey key = 0; key < children.size(); ++key) {
      children_[key] = {.traits = children[key]};
      order_.push_back(key);
    }
  }

  /// Something happens: a crash, a slow start, a request...
  void step() {
    now_ms_ += static_cast<std::int64_t>(random_.below(30));
    switch (random_.below(16)) {
      case 0:
        return request<event::TerminateChild>();
      case 1:
        return request<event::RestartChild>();
      case 2:
        return request<event::DeleteChild>();
      case 3:
      case 4:
        return add();
      case 5:
        return stale_timer();
      case 6:
      case 7:
        return one_exits();
      case 8:
        return fire_timer();
      default:
        return respond();
    }
  }

  /// Lets everything that is under way come to its end. Fails when there is no end.
  void settle() {
    for (int steps = 0; steps < 100'000; ++steps) {
      now_ms_ += 1;
      if (!respond_well() && !fire_due_timer()) return;
    }
    FAIL() << "it never comes to rest";
  }

  void begin() { handle(event::Begun{}); }

  void shut_down() {
    shutdown_requested_ = true;
    handle(event::ShutdownRequested{});
  }

  /// At rest, a child that should run does.
  void check_rest() const {
    if (exited_) return;
    EXPECT_EQ(policy_.phase(), RestartPolicy::Phase::serving);
    for (const auto& [key, child] : children_)
      if (child.wanted && child.traits.restart == RestartType::permanent) {
        EXPECT_EQ(child.state, State::running) << key;
      }
    EXPECT_TRUE(open_requests_.empty());
  }

  void check_end() const {
    EXPECT_TRUE(exited_);
    for (const auto& [key, child] : children_) EXPECT_EQ(child.state, State::down) << key;
    EXPECT_TRUE(open_requests_.empty());
    EXPECT_EQ(policy_.alive(), 0u);
  }

  [[nodiscard]] bool exited() const { return exited_; }

  [[nodiscard]] const std::string& log() const { return log_; }

  [[nodiscard]] std::uint64_t restarts() const { return restarts_; }

 private:
  enum class State { down, starting, running, stopping };

  struct Child {
    ChildTraits traits;
    State state = State::down;
    bool was_up = false;
    bool requested = false;      ///< its last start was a request's, in nobody's order
    bool wanted = true;          ///< not terminated by request since it was last started
    bool may_be_killed = false;  ///< its patience has run out
  };

  // -- what happens --

  void respond() {
    if (const auto key = pick({State::starting, State::stopping})) {
      const bool starting = children_[*key].state == State::starting;
      starting ? came_up(*key, random_.below(4) != 0) : left(*key, any_exit());
    }
  }

  bool respond_well() {
    const auto key = pick({State::starting, State::stopping});
    if (!key) return false;
    children_[*key].state == State::starting ? came_up(*key, true) : left(*key, ExitKind::shutdown);
    return true;
  }

  void came_up(ChildKey key, bool good) {
    Child& child = children_[key];
    child.state = good ? State::running : State::down;
    if (good) {
      child.was_up = true;
      handle(event::Started{key});
    } else {
      handle(event::StartFailed{key}, key);
    }
  }

  void left(ChildKey key, ExitKind exit) {
    children_[key].state = State::down;
    handle(event::ChildStopped{key, exit});
  }

  void one_exits() {
    if (const auto key = pick({State::running, State::stopping})) left(*key, any_exit());
  }

  void fire_timer() {
    if (timers_.empty()) return;
    auto timer = timers_.begin();
    std::advance(timer, static_cast<std::ptrdiff_t>(random_.below(timers_.size())));
    now_ms_ = std::max(now_ms_, timer->second);
    fire(timer->first);
  }

  bool fire_due_timer() {
    if (timers_.empty()) return false;
    const auto next =
        std::min_element(timers_.begin(), timers_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    now_ms_ = std::max(now_ms_, next->second);
    fire(next->first);
    return true;
  }

  void fire(std::uint64_t token) {
    timers_.erase(token);
    used_timers_.push_back(token);
    for (auto& [key, child] : children_)
      if (child.state == State::stopping) child.may_be_killed = true;
    handle(event::TimerFired{token});
    for (auto& [key, child] : children_) child.may_be_killed = false;
  }

  void stale_timer() {
    if (used_timers_.empty()) return;
    const std::uint64_t token = used_timers_[random_.below(used_timers_.size())];
    std::vector<Action> actions;
    policy_.handle(event::TimerFired{token}, moment(), actions);
    EXPECT_TRUE(actions.empty());
  }

  template <class Request>
  void request() {
    if (children_.empty()) return;
    auto target = children_.begin();
    std::advance(target, static_cast<std::ptrdiff_t>(random_.below(children_.size())));
    const std::uint64_t number = new_request(target->first);
    by_request_ = true;
    if constexpr (std::is_same_v<Request, event::TerminateChild>) {
      terminations_.insert(number);
      target->second.wanted = false;
    }
    handle(Request{target->first, number});
    by_request_ = false;
  }

  void add() {
    if (children_.size() >= 8) return;
    ChildKey key = 0;
    while (children_.contains(key)) ++key;
    children_[key] = {.traits =
                          options_.strategy == Strategy::dynamic ? template_ : any_traits(random_)};
    if (options_.strategy != Strategy::dynamic) order_.push_back(key);
    by_request_ = true;
    handle(event::AddChild{key, children_[key].traits, new_request(key)});
    by_request_ = false;
  }

  std::uint64_t new_request(ChildKey key) {
    open_requests_[++last_request_] = key;
    return last_request_;
  }

 public:
  static ChildTraits any_traits(Random& random) {
    ChildTraits traits;
    traits.restart = static_cast<RestartType>(random.below(3));
    const std::uint64_t shutdown = random.below(3);
    traits.shutdown = shutdown == 0   ? Shutdown::kill()
                      : shutdown == 1 ? Shutdown::infinity()
                                      : Shutdown::after_ms(50);
    return traits;
  }

 private:
  // -- what follows --

  void handle(const Event& event, std::optional<ChildKey> failed = {}) {
    const bool exited_before = exited_;
    std::vector<Action> actions;
    attempt_counted_ = false;
    policy_.handle(event, moment(), actions);
    log_ += std::to_string(now_ms_) + " " + describe(event) + ":";
    for (const Action& action : actions) log_ += " [" + describe(action) + "]";
    log_ += "\n";
    may_attempt_ = std::holds_alternative<event::ChildStopped>(event) ||
                   std::holds_alternative<event::TimerFired>(event);
    for (const Action& action : actions) {
      if (failed && std::holds_alternative<action::Start>(action)) {
        EXPECT_NE(std::get<action::Start>(action).key, *failed) << "retried without a pause";
      }
      if (exited_before) {
        EXPECT_TRUE(std::holds_alternative<action::Reply>(action) ||
                    std::holds_alternative<action::Forget>(action));
      }
      std::visit([this](const auto& what) { carry_out(what); }, action);
    }
  }

  void carry_out(const action::Start& start) {
    Child& child = children_.at(start.key);
    EXPECT_EQ(child.state, State::down);
    EXPECT_FALSE(shutdown_requested_ || escalated_ || exited_);
    if (grouped() && !by_request_) {
      EXPECT_TRUE(everyone_behind_is_down(start.key));
      for (const auto& [key, other] : children_) {
        EXPECT_TRUE(position(key) > position(start.key) || other.state != State::starting ||
                    other.requested);
      }
    }
    if (child.was_up && may_attempt_ && !attempt_counted_) {
      attempt_counted_ = options_.strategy != Strategy::one_for_one;
      count_attempt();
    }
    child.state = State::starting;
    child.wanted = true;
    child.requested = by_request_;
  }

  void carry_out(const action::Stop& stop) { being_stopped(stop.key, false); }

  void carry_out(const action::Kill& kill) { being_stopped(kill.key, true); }

  void being_stopped(ChildKey key, bool killed) {
    Child& child = children_.at(key);
    const bool brutal = child.traits.effective_shutdown().kind == Shutdown::Kind::kill;
    if (child.state == State::stopping) {
      EXPECT_TRUE(killed && child.may_be_killed && !brutal);
      return;
    }
    EXPECT_NE(child.state, State::down);
    EXPECT_EQ(killed, brutal);
    if (options_.strategy != Strategy::dynamic && !by_request_) {
      EXPECT_TRUE(everyone_behind_is_down(key));
    }
    child.state = State::stopping;
  }

  void carry_out(const action::SetTimer& timer) {
    EXPECT_TRUE(timers_.emplace(timer.token, now_ms_ + timer.delay_ms).second);
  }

  void carry_out(const action::CancelTimer& timer) {
    EXPECT_EQ(timers_.erase(timer.token), 1u);
    used_timers_.push_back(timer.token);
  }

  void carry_out(const action::Report& report) {
    EXPECT_TRUE(children_.contains(report.key));
    EXPECT_LE(report.restarts, options_.intensity.restarts);
    if (report.kind == ReportKind::escalated || report.kind == ReportKind::start_failed)
      escalated_ = true;
  }

  void carry_out(const action::Reply& reply) {
    ASSERT_EQ(open_requests_.count(reply.request), 1u) << "answered twice";
    const ChildKey key = open_requests_[reply.request];
    open_requests_.erase(reply.request);
    if (reply.answer == Answer::start_failed) children_.at(key).wanted = false;
    if (terminations_.contains(reply.request)) {
      EXPECT_EQ(children_.at(key).state, State::down) << "answered before it was down";
    }
  }

  void carry_out(const action::Forget& forget) {
    EXPECT_EQ(children_.at(forget.key).state, State::down);
    children_.erase(forget.key);
    std::erase(order_, forget.key);
  }

  void carry_out(const action::Exit& exit) {
    EXPECT_FALSE(exited_);
    EXPECT_TRUE(timers_.empty());
    EXPECT_EQ(exit.why == action::Exit::Why::shutdown, shutdown_requested_ && !escalated_);
    for (const auto& [key, child] : children_) EXPECT_EQ(child.state, State::down);
    exited_ = true;
  }

  void count_attempt() {
    ++restarts_;
    attempts_ms_.push_back(now_ms_);
    while (now_ms_ - attempts_ms_.front() > options_.intensity.period_ms) attempts_ms_.pop_front();
    EXPECT_LE(attempts_ms_.size(), options_.intensity.restarts);
  }

  // -- small parts --

  [[nodiscard]] bool grouped() const {
    return options_.strategy == Strategy::one_for_all ||
           options_.strategy == Strategy::rest_for_one;
  }

  [[nodiscard]] std::size_t position(ChildKey key) const {
    return static_cast<std::size_t>(std::find(order_.begin(), order_.end(), key) - order_.begin());
  }

  [[nodiscard]] bool everyone_behind_is_down(ChildKey key) const {
    return std::all_of(children_.begin(), children_.end(), [&](const auto& entry) {
      return position(entry.first) <= position(key) || entry.second.state == State::down;
    });
  }

  std::optional<ChildKey> pick(const std::set<State>& states) {
    std::vector<ChildKey> keys;
    for (const auto& [key, child] : children_)
      if (states.contains(child.state)) keys.push_back(key);
    if (keys.empty()) return std::nullopt;
    return keys[random_.below(keys.size())];
  }

  ExitKind any_exit() { return static_cast<ExitKind>(random_.below(4)); }

  Moment moment() { return {.now_ms = now_ms_, .random = random_.unit()}; }

  PolicyOptions options_;
  RestartPolicy policy_;
  Random& random_;
  const ChildTraits template_;  ///< dynamic: of every child
  std::map<ChildKey, Child> children_;
  std::vector<ChildKey> order_;
  std::string log_;
  std::map<std::uint64_t, std::int64_t> timers_;  ///< token -> when
  std::vector<std::uint64_t> used_timers_;
  std::map<std::uint64_t, ChildKey> open_requests_;
  std::set<std::uint64_t> terminations_;
  std::uint64_t last_request_ = 0;
  std::deque<std::int64_t> attempts_ms_;
  std::uint64_t restarts_ = 0;
  std::int64_t now_ms_ = 0;
  bool by_request_ = false;  ///< the event under way is a request
  bool may_attempt_ = false;
  bool attempt_counted_ = false;
  bool shutdown_requested_ = false;
  bool escalated_ = false;
  bool exited_ = false;
};

class RestartPolicyModel : public testing::TestWithParam<Strategy> {};

PolicyOptions any_options(Strategy strategy, Random& random) {
  PolicyOptions options{.strategy = strategy,
                        .intensity = {.restarts = static_cast<std::uint32_t>(random.below(12)),
                                      .period_ms = static_cast<std::int64_t>(random.below(400))}};
  if (random.below(2) == 0)
    options.backoff =
        Backoff{.min_ms = 5, .max_ms = 80, .factor = 1.5, .jitter = 0.3, .stable_ms = 100};
  return options;
}

TEST_P(RestartPolicyModel, KeepsTheContractInRandomLives) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  std::uint64_t restarts = 0;
  std::uint64_t survivors = 0;
  for (int life = 0; life < 1000; ++life) {
    std::vector<ChildTraits> children;
    if (GetParam() != Strategy::dynamic)
      for (std::uint64_t count = random.below(6); count > 0; --count)
        children.push_back(World::any_traits(random));
    World world(any_options(GetParam(), random), children, random);
    world.begin();
    for (std::uint64_t steps = random.below(150); steps > 0 && !world.exited(); --steps) {
      world.step();
      if (random.below(20) != 0) continue;
      world.settle();
      world.check_rest();
    }
    survivors += world.exited() ? 0 : 1;
    world.shut_down();
    world.settle();
    world.check_end();
    restarts += world.restarts();
    ASSERT_FALSE(HasFailure()) << "life " << life << ":\n" << world.log();
  }
  // The lives are neither all short nor all dull.
  EXPECT_GT(restarts, 500u);
  EXPECT_GT(survivors, 100u);
  EXPECT_LT(survivors, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Strategies, RestartPolicyModel,
                         testing::Values(Strategy::one_for_one, Strategy::one_for_all,
                                         Strategy::rest_for_one, Strategy::dynamic),
                         [](const auto& parameter) {
                           return std::string(to_string(parameter.param));
                         });

}  // namespace
}  // namespace respawn::supervision
