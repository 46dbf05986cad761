// A world for supervisor actors: CAF's testing scheduler, virtual time, workers that crash on
// demand.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "supervision/exit_error.hpp"
#include "supervision/supervisor.hpp"
#include "tests/unit/supervision/worker_messages.hpp"

namespace respawn::supervision {

class VirtualRuntime final : public Runtime {
 public:
  [[nodiscard]] std::int64_t monotonic_ms() const override { return now_ms_; }

  [[nodiscard]] std::int64_t wall_ms() const override { return 1'700'000'000'000 + now_ms_; }

  [[nodiscard]] double random_unit() override { return 0; }

  TimerId schedule(std::int64_t delay_ms, std::function<void()> callback) override {
    timers_.emplace(std::pair{now_ms_ + delay_ms, ++last_}, std::move(callback));
    return last_;
  }

  void cancel(TimerId timer) override {
    std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
  }

  void advance(std::int64_t ms) {
    now_ms_ += ms;
    while (!timers_.empty() && timers_.begin()->first.first <= now_ms_)
      timers_.extract(timers_.begin()).mapped()();
  }

  [[nodiscard]] std::size_t pending() const { return timers_.size(); }

 private:
  std::int64_t now_ms_ = 0;
  TimerId last_ = 0;
  std::map<std::pair<std::int64_t, TimerId>, std::function<void()>> timers_;
};

/// What happened to the workers, in order: "+a" it was started, "-a" it is gone.
struct Diary {
  std::vector<std::string> lines;
  std::map<std::string, int> alive;
  int overlaps = 0;  ///< starts of a worker whose predecessor still lived
  std::uint64_t noise = 0;

  void born(const std::string& id) {
    lines.push_back("+" + id);
    if (++alive[id] > 1) ++overlaps;
  }

  void died(const std::string& id) {
    lines.push_back("-" + id);
    --alive[id];
  }

  std::string take() {
    std::string text;
    for (const std::string& line : std::exchange(lines, {}))
      text += (text.empty() ? "" : " ") + line;
    return text;
  }

  [[nodiscard]] int population() const {
    int sum = 0;
    for (const auto& [id, count] : alive) sum += count;
    return sum;
  }
};

class Worker final : public caf::event_based_actor {
 public:
  Worker(caf::actor_config& config, std::shared_ptr<Diary> diary, std::string id, bool stubborn)
      : event_based_actor(config), diary_(std::move(diary)), stubborn_(stubborn) {
    diary_->born(id);
    attach_functor([diary = diary_, id](const caf::error&) { diary->died(id); });
  }

  caf::behavior make_behavior() override {
    install_handlers(this);
    if (stubborn_) set_exit_handler([](caf::exit_msg&) {});
    return {
        [](const Crash& crash) { throw std::runtime_error(crash.what); },
        [this](const Finish&) { quit(); },
        [this](const Noise&) { ++diary_->noise; },
    };
  }

 private:
  std::shared_ptr<Diary> diary_;
  bool stubborn_;
};

/// Sends one request and ends with its answer. (Not a lambda: for actors made of functions without
/// arguments CAF 0.17.6 dereferences a null pointer, which checked builds of libstdc++ refuse.)
template <class Answer, class Message>
class Asker final : public caf::event_based_actor {
 public:
  Asker(caf::actor_config& config, caf::actor target, Message message,
        std::function<void(Answer&)> on_answer, std::shared_ptr<bool> failed)
      : event_based_actor(config),
        target_(std::move(target)),
        message_(std::move(message)),
        on_answer_(std::move(on_answer)),
        failed_(std::move(failed)) {}

  caf::behavior make_behavior() override {
    request(target_, caf::infinite, message_)
        .then([this](Answer& answer) { on_answer_(answer); },
              [this](caf::error&) { *failed_ = true; });
    return {};
  }

 private:
  caf::actor target_;
  Message message_;
  std::function<void(Answer&)> on_answer_;
  std::shared_ptr<bool> failed_;
};

/// Owner: one test. Everything runs on the test's thread.
class SupervisorWorld {
 public:
  SupervisorWorld() : system_(with_testing_scheduler(config_)) {}

  SupervisorWorld(const SupervisorWorld&) = delete;
  SupervisorWorld& operator=(const SupervisorWorld&) = delete;

  [[nodiscard]] caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  /// Runs actors until nobody has anything to do. Returns false after `steps_max`.
  bool settle(std::size_t steps_max = 10'000'000) {
    while (steps_max-- > 0)
      if (!scheduler().try_run_once()) return true;
    return false;
  }

  /// The same, but who runs next is drawn by lot.
  void settle_at_random(Random& random) {
    auto& jobs = scheduler().jobs;
    while (!jobs.empty()) {
      std::swap(jobs.front(), jobs[random.below(jobs.size())]);
      scheduler().try_run_once();
    }
  }

  void advance(std::int64_t ms) {
    runtime->advance(ms);
    settle();
  }

  [[nodiscard]] SupervisorContext context() {
    return {.runtime = runtime, .board = board, .report = [this](const auto& report) {
              reports.push_back(std::string(to_string(report.kind)) + " " + report.supervisor +
                                "/" + report.child + ": " + report.reason);
            }};
  }

  /// A child that is a Worker. Its start fails while failing_starts[id] > 0 (which counts down).
  ChildSpec worker(const std::string& id, RestartType restart = RestartType::permanent,
                   std::optional<Shutdown> shutdown = std::nullopt, bool stubborn = false) {
    return {.id = id,
            .start = [this, id, stubborn]() -> Result<caf::actor> {
              if (failing_starts[id] > 0 && failing_starts[id]-- > 0)
                return failure("no luck with " + id);
              return system_.spawn<Worker>(diary, id, stubborn);
            },
            .restart = restart,
            .shutdown = shutdown};
  }

  /// A child that is a supervisor.
  ChildSpec supervisor(const std::string& id, SupervisorSpec spec) {
    return {.id = id, .start = [this, spec] { return spawn(spec); }, .type = ChildType::supervisor};
  }

  caf::actor spawn(SupervisorSpec spec) { return spawn_with(std::move(spec), context()); }

  caf::actor spawn_with(SupervisorSpec spec, SupervisorContext context_of_it) {
    return system_.spawn<SupervisorActor<caf::event_based_actor>>(std::move(spec),
                                                                  std::move(context_of_it));
  }

  /// Spawns it as the root, lets it start, and notes how it ends in `ending`.
  caf::actor run(SupervisorSpec spec) {
    root = spawn(std::move(spec));
    root->attach_functor([this](const caf::error& reason) { ending = exit_text(reason); });
    settle();
    return root;
  }

  template <class Message>
  void send(const std::string& path_or_id, Message message) {
    caf::anon_send(board->find(path_or_id), std::move(message));
    settle();
  }

  void kill(const std::string& path_or_id) {
    caf::anon_send_exit(board->find(path_or_id), caf::exit_reason::kill);
  }

  /// Asks the root and lets everybody run. `on_answer` gets the answer; returns whether there was
  /// an error instead. Neither happens when nobody answers (yet).
  template <class Answer, class Message>
  std::shared_ptr<bool> request(Message message, std::function<void(Answer&)> on_answer) {
    const auto failed = std::make_shared<bool>(false);
    system_.spawn<Asker<Answer, Message>>(root, std::move(message), std::move(on_answer), failed);
    settle();
    return failed;
  }

  template <class Answer, class Message>
  Answer ask(Message message) {
    std::optional<Answer> given;
    request<Answer>(std::move(message), [&given](Answer& answer) { given = std::move(answer); });
    return given.value();
  }

  template <class Message>
  std::string ask_text(Message message) {
    const auto answer = ask<ChildAnswer>(std::move(message));
    return answer.id + " " + std::string(to_string(answer.answer)) +
           (answer.text.empty() ? "" : ": " + answer.text);
  }

  std::string take_reports() {
    std::string text;
    for (const std::string& report : std::exchange(reports, {})) text += report + "\n";
    return text;
  }

  [[nodiscard]] std::size_t running_actors() { return system_.registry().running(); }

  std::shared_ptr<VirtualRuntime> runtime = std::make_shared<VirtualRuntime>();
  std::shared_ptr<TreeBoard> board = std::make_shared<TreeBoard>();
  std::shared_ptr<Diary> diary = std::make_shared<Diary>();
  std::map<std::string, int> failing_starts;
  std::vector<std::string> reports;
  std::string ending;

 private:
  static caf::actor_system_config& with_testing_scheduler(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("testing"));
    return config;
  }

  caf::actor_system_config config_;
  caf::actor_system system_;

 public:
  caf::actor root;  ///< after the system: a handle must not outlive it
};

}  // namespace respawn::supervision
