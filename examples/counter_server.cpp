// A small HTTP server over the client actor: POST /counters/<key> adds the number in its body to a
// counter, GET /counters/<key> reads it.
//
//   build/release/counter-server [--redis host:port] [--http port]
#include <httplib.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include "actors/client_actor.hpp"
#include "base/numbers.hpp"

namespace {

using respawn::actors::Call;
using respawn::actors::CallReplied;
using respawn::actors::ClientActor;
using respawn::protocol::Reply;

constexpr auto reply_patience = std::chrono::seconds(10);

struct Options {
  std::string redis_host = "127.0.0.1";
  std::uint16_t redis_port = 6379;
  std::uint16_t http_port = 8080;
};

std::uint16_t to_port(std::string_view text) {
  const auto port = respawn::parse_int64(text);
  if (!port || *port < 0 || *port > 65535) {
    std::cerr << "not a port: " << text << '\n';
    std::exit(1);
  }
  return static_cast<std::uint16_t>(*port);
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--http") {
      options.http_port = to_port(value);
    } else if (name == "--redis") {
      const std::size_t colon = value.rfind(':');
      options.redis_host = value.substr(0, colon);
      if (colon != std::string::npos) options.redis_port = to_port(value.substr(colon + 1));
    } else {
      std::cerr << "usage: counter-server [--redis host:port] [--http port]\n";
      std::exit(1);
    }
  }
  return options;
}

/// Asks the client actor from one of httplib's threads, and turns what comes back into a response.
class Gateway {
 public:
  Gateway(caf::actor_system& system, caf::actor client)
      : system_(system), client_(std::move(client)) {}

  void answer(std::vector<std::string> command, httplib::Response& response) const {
    caf::scoped_actor self{system_};
    self->request(client_, reply_patience, Call{std::move(command)})
        .receive([&](const CallReplied& replied) { show(replied.reply, response); },
                 [&](const caf::error& error) {
                   response.status = 503;
                   response.set_content(caf::to_string(error) + "\n", "text/plain");
                 });
  }

 private:
  static void show(const Reply& reply, httplib::Response& response) {
    if (reply.is_null()) {
      response.status = 404;
      return response.set_content("no such counter\n", "text/plain");
    }
    if (reply.is_error()) {
      response.status = 400;
      return response.set_content(reply.string + "\n", "text/plain");
    }
    const bool number = reply.type == respawn::protocol::ReplyType::integer;
    response.set_content((number ? std::to_string(reply.integer) : reply.string) + "\n",
                         "text/plain");
  }

  caf::actor_system& system_;
  caf::actor client_;
};

httplib::Server* running = nullptr;

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 1);
  caf::actor_system system{config};
  auto loop = respawn::net::make_event_loop(system, respawn::net::Backend::automatic);
  if (!loop) {
    std::cerr << loop.error() << '\n';
    return 1;
  }
  respawn::actors::ClientOptions client_options;
  client_options.server = {options.redis_host, options.redis_port};
  caf::actor client = respawn::net::spawn_on<ClientActor>(**loop, client_options);
  std::thread loop_thread([&] { (*loop)->run(); });

  {
    const Gateway gateway(system, client);
    httplib::Server http;
    http.Post(R"(/counters/(.+))",
              [&](const httplib::Request& request, httplib::Response& response) {
                gateway.answer({"INCRBY", request.matches[1], request.body}, response);
              });
    http.Get(R"(/counters/(.+))",
             [&](const httplib::Request& request, httplib::Response& response) {
               gateway.answer({"GET", request.matches[1]}, response);
             });
    running = &http;
    std::signal(SIGINT, [](int) { running->stop(); });
    std::signal(SIGTERM, [](int) { running->stop(); });
    std::cout << "http://127.0.0.1:" << options.http_port << "/counters/<key>, counting in "
              << options.redis_host << ':' << options.redis_port << std::endl;
    if (!http.listen("127.0.0.1", options.http_port)) std::cerr << "cannot listen\n";
  }
  client->attach_functor([&loop] { (*loop)->stop(); });
  caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
  client = nullptr;
  loop_thread.join();
  return 0;
}
