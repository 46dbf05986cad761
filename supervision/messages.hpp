// The messages that a supervisor takes and gives. They never leave the process.
#pragma once

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "supervision/child_spec.hpp"
#include "supervision/tree_board.hpp"

namespace respawn::supervision {

/// To any supervisor: adds a child behind the others and starts it. A dynamic supervisor takes id
/// and start, and the rest from its template. A request is answered with ChildAnswer when the child
/// is up (or is not); a plain send is not answered.
struct StartChild {
  ChildSpec spec;
};

/// Stops a child; it stays down, and its specification stays (not of a temporary child, nor in a
/// dynamic supervisor). A request is answered when the child is down.
struct TerminateChild {
  std::string id = {};
};

/// Starts a child that is down. Not counted against the restart intensity.
struct RestartChild {
  std::string id = {};
};

/// Forgets the specification of a child that is down.
struct DeleteChild {
  std::string id = {};
};

/// Answer to the requests above.
struct ChildAnswer {
  std::string id = {};
  Answer answer = Answer::ok;
  std::string text = {};  ///< of a failed start
  caf::actor child = {};  ///< after StartChild and RestartChild that are ok
};

/// Request; answered with ChildrenListed.
struct WhichChildren {};

struct ChildrenListed {
  std::vector<ChildRow> children;
};

/// Stops the children in reverse order, then the supervisor. The end is seen by monitoring it.
/// An exit message with a reason other than normal does the same.
struct StopSupervisor {};

/// Answered with SupervisorStarted (also when it was a plain send) as soon as every child is up;
/// not at all when the supervisor ends before: monitor it too.
struct AwaitStarted {};

struct SupervisorStarted {};

/// From the supervisor to itself: a timer of its policy is due.
struct TimerElapsed {
  std::uint64_t token = 0;
};

}  // namespace respawn::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::StartChild)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::TerminateChild)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::RestartChild)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::DeleteChild)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::ChildAnswer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::WhichChildren)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::ChildrenListed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::StopSupervisor)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::AwaitStarted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::SupervisorStarted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::supervision::TimerElapsed)
