#include "supervision/supervisor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/response_promise.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>
#include <exception>

#include "base/check.hpp"
#include "supervision/exit_error.hpp"

namespace respawn::supervision {

namespace {

/// Ahead of everything in the mailbox: a flooded child dies as fast as an idle one.
void kill_actor(const caf::actor& target, const caf::actor_addr& killer) {
  target->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                  caf::make_message(caf::exit_msg{killer, caf::exit_reason::kill}), nullptr);
}

std::vector<ChildTraits> traits_of(const std::vector<ChildSpec>& children) {
  std::vector<ChildTraits> traits;
  for (const ChildSpec& child : children) traits.push_back(child.traits());
  return traits;
}

bool valid_id(const std::string& id) {
  return !id.empty() && id.find('/') == std::string::npos;
}

}  // namespace

struct SupervisorState::Remains {
  struct Request {
    std::string id;
    caf::response_promise promise;
  };

  std::shared_ptr<Runtime> runtime;
  caf::actor_addr self;
  std::vector<caf::actor> handles;  ///< by key; empty while the child is down
  std::unordered_map<std::uint64_t, Runtime::TimerId> timers;  ///< by token
  // Promises hold their actor: kept in its state for ever, it would never be freed.
  std::unordered_map<std::uint64_t, Request> requests;
  std::vector<caf::response_promise> awaiting_started;

  void clean_up() {
    for (const caf::actor& child : handles)
      if (child) kill_actor(child, self);
    handles.clear();
    for (const auto& [token, timer] : timers) runtime->cancel(timer);
    timers.clear();
    for (auto& [number, request] : requests)
      request.promise.deliver(caf::make_error(caf::sec::request_receiver_down));
    requests.clear();
    for (caf::response_promise& promise : awaiting_started)
      if (!promise.async()) promise.deliver(caf::make_error(caf::sec::request_receiver_down));
    awaiting_started.clear();
  }
};

SupervisorState::SupervisorState(caf::event_based_actor* self, SupervisorSpec spec,
                                 SupervisorContext context)
    : self_(self),
      path_(std::move(spec.path)),
      strategy_(spec.strategy),
      intensity_(spec.intensity),
      template_(spec.child_template),
      context_(std::move(context)),
      policy_({.strategy = spec.strategy, .intensity = spec.intensity, .backoff = spec.backoff},
              traits_of(spec.children)),
      remains_(std::make_shared<Remains>()) {
  RESPAWN_CHECK(context_.runtime && context_.board && !path_.empty());
  remains_->runtime = context_.runtime;
  for (ChildSpec& child : spec.children) {
    RESPAWN_CHECK(valid_id(child.id) && !keys_by_id_.contains(child.id));
    changed_.push_back(new_child(std::move(child)));
  }
}

SupervisorState::~SupervisorState() = default;

caf::behavior SupervisorState::make_behavior() {
  install_handlers(self_);
  self_->set_down_handler([this](caf::down_msg& down) { on_down(down.source, down.reason); });
  self_->set_exit_handler([this](caf::exit_msg& exit) { on_exit_message(std::move(exit.reason)); });
  remains_->self = self_->address();
  self_->attach_functor([remains = remains_](const caf::error&) { remains->clean_up(); });
  events_.emplace_back(event::Begun{});
  for (caf::actor& orphan :
       context_.board->enter(path_, strategy_, self_->address(), context_.runtime->wall_ms())) {
    self_->monitor(orphan);
    kill_actor(orphan, self_->address());
    const caf::actor_id id = orphan.id();
    orphans_.emplace(id, std::move(orphan));
  }
  if (!orphans_.empty()) tell_of_orphans();
  handle_events();
  return ended_ ? caf::behavior{} : handlers();
}

caf::behavior SupervisorState::handlers() {
  return {
      [this](StartChild& add) { add_child(std::move(add.spec)); },
      [this](const TerminateChild& request) { ask<event::TerminateChild>(request.id); },
      [this](const RestartChild& request) { ask<event::RestartChild>(request.id); },
      [this](const DeleteChild& request) { ask<event::DeleteChild>(request.id); },
      [this](const WhichChildren&) {
        return ChildrenListed{context_.board->children(path_).value_or(std::vector<ChildRow>{})};
      },
      [this](const StopSupervisor&) { on_exit_message(caf::exit_reason::user_shutdown); },
      [this](const AwaitStarted&) { await_started(); },
      [this](const SupervisorStarted&) { on_child_started(); },
      [this](const TimerElapsed& timer) {
        remains_->timers.erase(timer.token);
        handle(event::TimerFired{timer.token});
      },
  };
}

// -- handlers ------------------------------------------------------------------------------------

void SupervisorState::on_down(const caf::actor_addr& source, const caf::error& reason) {
  if (orphans_.erase(source.id()) > 0) {
    handle_events();
    return;
  }
  const auto found = keys_by_actor_.find(source.id());
  if (found == keys_by_actor_.end()) return;
  const ChildKey key = found->second;
  keys_by_actor_.erase(found);
  remains_->handles[key] = nullptr;
  Child& child = children_[key];
  child.last_reason = exit_text(reason);
  child.last_exit = exit_kind(reason);
  if (std::exchange(child.awaits_start, false))
    handle(event::StartFailed{key});
  else
    handle(event::ChildStopped{key, child.last_exit});
}

void SupervisorState::on_exit_message(caf::error reason) {
  if (!reason) return;
  if (!asked_to_exit_) asked_to_exit_ = std::move(reason);
  // Orphans are being killed anyway; waiting for them is the next supervisor's business.
  if (!orphans_.empty()) {
    orphans_.clear();
    events_.clear();
  }
  handle(event::ShutdownRequested{});
}

void SupervisorState::on_child_started() {
  const auto& sender = self_->current_sender();
  const auto found = sender ? keys_by_actor_.find(sender->id()) : keys_by_actor_.end();
  if (found == keys_by_actor_.end()) return;
  if (std::exchange(children_[found->second].awaits_start, false))
    handle(event::Started{found->second});
}

void SupervisorState::add_child(ChildSpec spec) {
  if (!valid_id(spec.id)) return answer_now(spec.id, Answer::not_supported);
  if (keys_by_id_.contains(spec.id)) return answer_now(spec.id, Answer::already_present);
  if (strategy_ == Strategy::dynamic) {
    spec.restart = template_.restart;
    spec.shutdown = template_.shutdown;
    spec.type = template_.type;
  }
  const ChildTraits traits = spec.traits();
  const std::uint64_t request = new_request(spec.id);
  const ChildKey key = new_child(std::move(spec));
  handle(event::AddChild{key, traits, request});
}

template <class MakeEvent>
void SupervisorState::ask(const std::string& id) {
  const auto found = keys_by_id_.find(id);
  if (found == keys_by_id_.end()) return answer_now(id, Answer::not_found);
  handle(MakeEvent{found->second, new_request(id)});
}

void SupervisorState::await_started() {
  caf::response_promise promise = self_->make_response_promise();
  if (policy_.phase() == RestartPolicy::Phase::serving)
    promise.deliver(SupervisorStarted{});
  else
    remains_->awaiting_started.push_back(std::move(promise));
}

// -- the policy and its actions ------------------------------------------------------------------

void SupervisorState::handle(Event event) {
  events_.push_back(event);
  handle_events();
}

void SupervisorState::handle_events() {
  if (handling_ || !orphans_.empty()) return;
  handling_ = true;
  std::vector<Action> actions;
  while (!events_.empty() && !ended_) {
    const Event event = events_.front();
    events_.pop_front();
    actions.clear();
    policy_.handle(
        event,
        {.now_ms = context_.runtime->monotonic_ms(), .random = context_.runtime->random_unit()},
        actions);
    for (const Action& action : actions)
      std::visit([this](const auto& what) { execute(what); }, action);
    mark_changed(event);
  }
  handling_ = false;
  if (ended_) return;
  publish_changes();
  if (policy_.phase() != RestartPolicy::Phase::serving) return;
  for (caf::response_promise& promise : remains_->awaiting_started)
    promise.deliver(SupervisorStarted{});
  remains_->awaiting_started.clear();
}

void SupervisorState::execute(const action::Start& start) {
  Child& child = children_[start.key];
  Result<caf::actor> started = run_start_function(child);
  if (!started) {
    child.last_reason = started.error();
    child.last_exit = ExitKind::error;
    events_.emplace_back(event::StartFailed{start.key});
    return;
  }
  const caf::actor& handle = remains_->handles[start.key] = std::move(*started);
  keys_by_actor_[handle.id()] = start.key;
  ++child.starts;
  self_->monitor(handle);
  if (child.spec.type == ChildType::supervisor) {
    child.awaits_start = true;
    self_->send(handle, AwaitStarted{});
  } else {
    events_.emplace_back(event::Started{start.key});
  }
}

Result<caf::actor> SupervisorState::run_start_function(const Child& child) const {
  if (!child.spec.start) return failure("no start function");
  try {
    Result<caf::actor> started = child.spec.start();
    if (started && !*started) return failure("the start function returned no actor");
    return started;
  } catch (...) {
    return failure(exception_text(std::current_exception()));
  }
}

void SupervisorState::execute(const action::Stop& stop) {
  if (const caf::actor& child = remains_->handles[stop.key])
    self_->send_exit(child, caf::exit_reason::user_shutdown);
}

void SupervisorState::execute(const action::Kill& kill) {
  if (const caf::actor& child = remains_->handles[kill.key]) kill_actor(child, self_->address());
}

void SupervisorState::execute(const action::SetTimer& timer) {
  if (timer.delay_ms <= 0) {
    self_->send(self_, TimerElapsed{timer.token});
    return;
  }
  remains_->timers[timer.token] =
      context_.runtime->schedule(timer.delay_ms, [address = self_->address(), token = timer.token] {
        if (const auto self = caf::actor_cast<caf::actor>(address))
          caf::anon_send(self, TimerElapsed{token});
      });
}

void SupervisorState::execute(const action::CancelTimer& timer) {
  const auto found = remains_->timers.find(timer.token);
  if (found == remains_->timers.end()) return;
  context_.runtime->cancel(found->second);
  remains_->timers.erase(found);
}

void SupervisorState::execute(const action::Report& report) {
  const Child& child = children_[report.key];
  std::string reason = child.last_reason;
  if (report.kind == ReportKind::escalated)
    reason = "more than " + std::to_string(intensity_.restarts) + " restarts in " +
             std::to_string(intensity_.period_ms) + " ms; last: " + reason;
  if (report.kind == ReportKind::escalated || report.kind == ReportKind::start_failed)
    last_trouble_ = child.spec.id + ": " + reason;
  tell({.kind = report.kind,
        .supervisor = path_,
        .child = child.spec.id,
        .reason = std::move(reason),
        .exit = child.last_exit,
        .restart = child.spec.restart,
        .attempt = report.attempt,
        .restarts = report.restarts,
        .wall_ms = context_.runtime->wall_ms()});
}

void SupervisorState::execute(const action::Reply& reply) {
  const auto found = remains_->requests.find(reply.request);
  if (found == remains_->requests.end()) return;  // nobody waits for it
  ChildAnswer answer{.id = std::move(found->second.id), .answer = reply.answer};
  if (const auto known = keys_by_id_.find(answer.id); known != keys_by_id_.end()) {
    if (answer.answer == Answer::ok) answer.child = remains_->handles[known->second];
    if (answer.answer == Answer::start_failed) answer.text = children_[known->second].last_reason;
  }
  found->second.promise.deliver(std::move(answer));
  remains_->requests.erase(found);
}

void SupervisorState::execute(const action::Forget& forget) {
  Child& child = children_[forget.key];
  context_.board->erase(path_, child.spec.id);
  keys_by_id_.erase(child.spec.id);
  child = {};
  free_keys_.push_back(forget.key);
}

void SupervisorState::execute(const action::Exit& exit) {
  ended_ = true;
  context_.board->leave(path_);
  self_->quit(exit_reason(exit.why));
}

caf::error SupervisorState::exit_reason(action::Exit::Why why) {
  switch (why) {
    case action::Exit::Why::escalated:
      return make_exit_error(ExitCode::escalated, last_trouble_);
    case action::Exit::Why::start_failed:
      return make_exit_error(ExitCode::start_failed, last_trouble_);
    case action::Exit::Why::shutdown:
      break;
  }
  return std::move(asked_to_exit_);
}

// -- small parts ---------------------------------------------------------------------------------

ChildKey SupervisorState::new_child(ChildSpec spec) {
  ChildKey key = static_cast<ChildKey>(children_.size());
  if (free_keys_.empty()) {
    children_.emplace_back();
    remains_->handles.emplace_back();
  } else {
    key = free_keys_.back();
    free_keys_.pop_back();
  }
  keys_by_id_.emplace(spec.id, key);
  children_[key].spec = std::move(spec);
  return key;
}

/// 0 when nobody waits for the answer.
std::uint64_t SupervisorState::new_request(const std::string& id) {
  if (!self_->current_message_id().is_request()) return 0;
  const std::uint64_t number = ++next_request_;
  remains_->requests.emplace(number, Remains::Request{id, self_->make_response_promise()});
  return number;
}

void SupervisorState::answer_now(const std::string& id, Answer answer) {
  if (self_->current_message_id().is_request())
    self_->make_response_promise().deliver(ChildAnswer{.id = id, .answer = answer});
}

/// A group restart may change every child; elsewhere only the one that the event is about.
void SupervisorState::mark_changed(const Event& event) {
  if (strategy_ != Strategy::dynamic) {
    changed_.clear();
    for (ChildKey key = 0; key < children_.size(); ++key) changed_.push_back(key);
    return;
  }
  std::visit(
      [this](const auto& what) {
        if constexpr (requires { what.key; }) changed_.push_back(what.key);
      },
      event);
}

void SupervisorState::publish_changes() {
  for (const ChildKey key : changed_)
    if (!children_[key].spec.id.empty()) publish(key);
  changed_.clear();
}

void SupervisorState::publish(ChildKey key) {
  Child& child = children_[key];
  const ChildState state = policy_.state(key);
  const caf::actor& handle = remains_->handles[key];
  const caf::actor_id actor = handle ? handle.id() : caf::invalid_actor_id;
  if (child.published == state && child.published_actor == actor) return;
  child.published = state;
  child.published_actor = actor;
  context_.board->put(path_, {.id = child.spec.id,
                              .type = child.spec.type,
                              .restart = child.spec.restart,
                              .state = state,
                              .restarts = child.starts > 0 ? child.starts - 1 : 0,
                              .last_exit = child.last_reason,
                              .since_wall_ms = context_.runtime->wall_ms(),
                              .handle = handle ? handle.address() : caf::actor_addr{}});
}

void SupervisorState::tell(SupervisionReport report) {
  context_.board->record(report);
  if (context_.report) context_.report(report);
}

void SupervisorState::tell_of_orphans() {
  tell({.kind = ReportKind::orphans_killed,
        .supervisor = path_,
        .child = {},
        .reason = std::to_string(orphans_.size()) + " children of a killed predecessor",
        .exit = ExitKind::killed,
        .wall_ms = context_.runtime->wall_ms()});
}

}  // namespace respawn::supervision
