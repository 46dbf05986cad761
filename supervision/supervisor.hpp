// The supervisor actor: executes what its RestartPolicy decides.
#pragma once

#include <caf/actor.hpp>
#include <caf/behavior.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "supervision/child_spec.hpp"
#include "supervision/environment.hpp"
#include "supervision/messages.hpp"
#include "supervision/report.hpp"
#include "supervision/restart_policy.hpp"
#include "supervision/tree_board.hpp"

namespace respawn::supervision {

/// What all supervisors of a tree share. `environment` belongs to the supervisor's thread.
struct SupervisorContext {
  std::shared_ptr<Environment> environment;
  std::shared_ptr<TreeBoard> board;
  ReportSink report = {};  ///< may be empty
};

/// The state and the handlers of a supervisor, for any event-based actor. Owner: that actor.
///
/// - It monitors its children and holds strong handles of them. Children are never linked: with
///   100,000 of them CAF would search a list at every exit.
/// - It stops a child with an exit message (user_shutdown) and kills it with an urgent one (kill).
///   A handler that never returns cannot be killed.
/// - Orphans: however it ends (an exception, a kill), what it leaves behind is killed, because its
///   children are known to an attachment that outlives its state. The next supervisor of the same
///   path starts nothing before such children are down.
/// - It exits with user_shutdown when asked to stop, with ExitCode::escalated or
///   ExitCode::start_failed when it gives up.
///
/// Takes the messages of messages.hpp; everything else is dropped.
class SupervisorState {
 public:
  /// Throws CheckFailure when ids repeat or contain '/', or a dynamic supervisor has children.
  SupervisorState(caf::event_based_actor* self, SupervisorSpec spec, SupervisorContext context);
  SupervisorState(const SupervisorState&) = delete;
  SupervisorState& operator=(const SupervisorState&) = delete;
  ~SupervisorState();

  /// Call once, from the actor's make_behavior(). Starts the children.
  [[nodiscard]] caf::behavior make_behavior();

 private:
  /// What must be cleaned up however the actor ends. Held by its attachment too.
  struct Remains;

  struct Child {
    ChildSpec spec;
    std::uint32_t restarts = 0;
    std::string last_reason;
    ExitKind last_exit = ExitKind::normal;
    bool awaits_start = false;  ///< a supervisor whose children are not up yet
  };

  // Handlers.
  void on_down(const caf::actor_addr& source, const caf::error& reason);
  void on_exit_message(const caf::error& reason);
  void on_child_started(caf::actor_id source);
  void add_child(ChildSpec spec);
  void ask(const std::string& id, Event (*make)(ChildKey, std::uint64_t));
  void await_started();

  // The policy and its actions.
  void handle(const Event& event);
  void execute(const action::Start& start);
  void execute(const action::Stop& stop);
  void execute(const action::Kill& kill);
  void execute(const action::SetTimer& timer);
  void execute(const action::CancelTimer& timer);
  void execute(const action::Report& report);
  void execute(const action::Reply& reply);
  void execute(const action::Forget& forget);
  void execute(const action::Exit& exit);

  [[nodiscard]] Result<caf::actor> run_start_function(const Child& child) const;
  void publish(ChildKey key, ChildState state);
  void tell(SupervisionReport report);
  ChildKey new_key();
  std::uint64_t new_request(const std::string& id, ChildKey key);
  void answer(ChildAnswer answer);
  void begin();

  caf::event_based_actor* const self_;
  const std::string path_;
  const Strategy strategy_;
  const ChildTraits template_;
  const SupervisorContext context_;
  RestartPolicy policy_;
  std::shared_ptr<Remains> remains_;
  std::vector<Child> children_;  ///< by key
  std::vector<ChildKey> free_keys_;
  std::unordered_map<std::string, ChildKey> keys_by_id_;
  std::unordered_map<caf::actor_id, ChildKey> keys_by_actor_;
  std::unordered_map<caf::actor_id, caf::actor> orphans_;  ///< of a predecessor, being killed
  std::deque<Event> events_;
  bool handling_ = false;
  caf::error exit_reason_;

  struct Request {
    std::string id;
    ChildKey key = 0;
    caf::response_promise promise;
  };

  std::unordered_map<std::uint64_t, Request> requests_;
  std::uint64_t next_request_ = 0;
  std::vector<caf::response_promise> awaiting_started_;
};

/// A supervisor on any event-based actor class: `Base` is constructed with (cfg, base_args...).
/// Spawn on a loop as LoopActors are, with the arguments (spec, context, base_args...).
template <class Base>
class SupervisorActor final : public Base {
 public:
  template <class... BaseArgs>
  SupervisorActor(caf::actor_config& cfg, SupervisorSpec spec, SupervisorContext context,
                  BaseArgs&&... base_args)
      : Base(cfg, std::forward<BaseArgs>(base_args)...),
        state_(this, std::move(spec), std::move(context)) {}

  const char* name() const override { return "supervisor"; }

 protected:
  caf::behavior make_behavior() override { return state_.make_behavior(); }

 private:
  SupervisorState state_;
};

}  // namespace respawn::supervision
