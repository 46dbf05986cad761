// The supervisor actor: executes what its RestartPolicy decides.
#pragma once

#include <caf/actor.hpp>
#include <caf/behavior.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "supervision/child_spec.hpp"
#include "supervision/messages.hpp"
#include "supervision/report.hpp"
#include "supervision/restart_policy.hpp"
#include "supervision/runtime.hpp"
#include "supervision/tree_board.hpp"

namespace respawn::supervision {

/// What all supervisors of a tree share. `runtime` belongs to the supervisor's thread.
struct SupervisorContext {
  std::shared_ptr<Runtime> runtime;
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
    std::uint32_t starts = 0;
    std::string last_reason;
    ExitKind last_exit = ExitKind::normal;
    bool awaits_start = false;  ///< a supervisor whose children are not up yet
    std::optional<ChildState> published;
    caf::actor_id published_actor = 0;
  };

  // Handlers.
  void on_down(const caf::actor_addr& source, const caf::error& reason);
  void on_exit_message(caf::error reason);
  void on_child_started();
  void add_child(ChildSpec spec);
  template <class MakeEvent>
  void ask(const std::string& id);
  void await_started();

  // The policy and its actions.
  void handle(Event event);
  void handle_events();
  void execute(const action::Start& start);
  void execute(const action::Stop& stop);
  void execute(const action::Kill& kill);
  void execute(const action::SetTimer& timer);
  void execute(const action::CancelTimer& timer);
  void execute(const action::Report& report);
  void execute(const action::Reply& reply);
  void execute(const action::Forget& forget);
  void execute(const action::Exit& exit);

  [[nodiscard]] caf::behavior handlers();
  [[nodiscard]] Result<caf::actor> run_start_function(const Child& child) const;
  [[nodiscard]] caf::error exit_reason(action::Exit::Why why);
  ChildKey new_child(ChildSpec spec);
  std::uint64_t new_request(const std::string& id);
  void answer_now(const std::string& id, Answer answer);
  void mark_changed(const Event& event);
  void publish_changes();
  void publish(ChildKey key);
  void tell(SupervisionReport report);
  void tell_of_orphans();

  caf::event_based_actor* const self_;
  const std::string path_;
  const Strategy strategy_;
  const Intensity intensity_;
  const ChildTraits template_;
  const SupervisorContext context_;
  RestartPolicy policy_;
  const std::shared_ptr<Remains> remains_;
  std::vector<Child> children_;  ///< by key
  std::vector<ChildKey> free_keys_;
  std::unordered_map<std::string, ChildKey> keys_by_id_;
  std::unordered_map<caf::actor_id, ChildKey> keys_by_actor_;
  std::unordered_map<caf::actor_id, caf::actor> orphans_;  ///< of a predecessor, being killed
  std::deque<Event> events_;       ///< not yet handled; while there are orphans, all of them
  std::vector<ChildKey> changed_;  ///< to be published
  bool handling_ = false;
  bool ended_ = false;
  std::string last_trouble_;  ///< why it gives up
  caf::error asked_to_exit_;
  std::uint64_t next_request_ = 0;
};

/// A supervisor on any event-based actor class that is constructed with (cfg) or (cfg, place), as
/// in net::spawn_on<SupervisorActor<net::LoopActor>>(loop, spec, context).
template <class Base>
class SupervisorActor final : public Base {
 public:
  SupervisorActor(caf::actor_config& cfg, SupervisorSpec spec, SupervisorContext context)
      : Base(cfg), state_(this, std::move(spec), std::move(context)) {}

  template <class Place>
  SupervisorActor(caf::actor_config& cfg, Place& place, SupervisorSpec spec,
                  SupervisorContext context)
      : Base(cfg, place), state_(this, std::move(spec), std::move(context)) {}

  const char* name() const override { return "supervisor"; }

 protected:
  caf::behavior make_behavior() override { return state_.make_behavior(); }

 private:
  SupervisorState state_;
};

}  // namespace respawn::supervision
