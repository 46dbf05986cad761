// The modes of CLIENT TRACKING, and what clients are shown of them.
#include "tests/unit/commands/connection/tracking_support.hpp"

namespace respawn::commands::test {
namespace {

using TrackingModesTest = TrackingTest;

// ---- OPTIN, OPTOUT ------------------------------------------------------------------------------

TEST_F(TrackingModesTest, OptinRemembersWhatIsAskedFor) {
  reader.run("CLIENT TRACKING on OPTIN");
  read(reader, "a");
  EXPECT_EQ(reader.run("CLIENT CACHING yes"), ok);
  EXPECT_EQ(reader.run("CLIENT ID"), integer(static_cast<std::int64_t>(reader.session().id)));
  read(reader, "b");
  read(reader, "c");
  reader.pipeline({"CLIENT CACHING yes", "NOSUCH", "GET d"});
  run("MSET a 1 b 1 c 1 d 1");
  EXPECT_EQ(reader.received(), invalidate({"b"}));
}

TEST_F(TrackingModesTest, OptoutForgetsWhatIsAskedFor) {
  reader.run("CLIENT TRACKING on OPTOUT");
  read(reader, "a");
  EXPECT_EQ(reader.run("CLIENT CACHING no"), ok);
  read(reader, "b");
  read(reader, "c");
  run("MSET a 1 b 1 c 1");
  EXPECT_EQ(reader.received(), invalidate({"a"}) + invalidate({"c"}));
}

TEST_F(TrackingModesTest, CachingHoldsForACommandThatWaits) {
  reader.run("CLIENT TRACKING on OPTIN");
  reader.run("CLIENT CACHING yes");
  EXPECT_EQ(reader.run("BLPOP l 0"), "");
  run("RPUSH l x");
  reader.received();
  read(reader, "k");
  EXPECT_EQ(info("tracking_total_keys"), "0") << "and for no further one";
}

TEST_F(TrackingModesTest, CachingFitsTheMode) {
  EXPECT_EQ(reader.run("CLIENT CACHING yes"),
            error("ERR CLIENT CACHING can be called only when the client is in tracking mode with "
                  "OPTIN or OPTOUT mode enabled"));
  const std::string only_optin =
      error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  const std::string only_optout =
      error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  reader.run("CLIENT TRACKING on");
  EXPECT_EQ(reader.run("CLIENT CACHING yes"), only_optin);
  EXPECT_EQ(reader.run("CLIENT CACHING no"), only_optout);
  EXPECT_EQ(reader.run("CLIENT CACHING maybe"), syntax_error);
  reader.run("CLIENT TRACKING on OPTIN");
  EXPECT_EQ(reader.run("CLIENT CACHING no"), only_optout);
}

// ---- BCAST --------------------------------------------------------------------------------------

TEST_F(TrackingModesTest, BcastNamesAllThatChangedAtOnce) {
  reader.run("CLIENT TRACKING on BCAST");
  EXPECT_EQ(info("tracking_total_prefixes"), "1");
  connect().pipeline({"SET b 1", "MSET a 1 c 1", "SET b 2", "GET d"});
  EXPECT_EQ(reader.received(), invalidate({"a", "b", "c"}));
  read(reader, "k");
  EXPECT_EQ(info("tracking_total_keys"), "0") << "what it reads is nothing to it";
  EXPECT_EQ(reader.pipeline({"SET a 1", "SET b 1"}), ok + ok + invalidate({"a", "b"}))
      << "behind all its replies";
}

TEST_F(TrackingModesTest, BcastTellsPrefixByPrefix) {
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX user: PREFIX item:"), ok);
  run("MSET user:1 1 item:1 1 other 1 user:2 2 user 3");
  EXPECT_EQ(reader.received(), invalidate({"item:1"}) + invalidate({"user:1", "user:2"}));
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX x"), ok) << "one more";
  run("MSET x1 1 user:1 1");
  EXPECT_EQ(reader.received(), invalidate({"user:1"}) + invalidate({"x1"}));
  EXPECT_EQ(info("tracking_total_prefixes"), "3");
  reader.run("CLIENT TRACKING off");
  EXPECT_EQ(info("tracking_total_prefixes"), "0");
}

TEST_F(TrackingModesTest, BcastIsToldOfExpiryWithoutAnybodysHelp) {
  reader.run("CLIENT TRACKING on BCAST");
  run("SET k 1 PX 10");
  reader.received();
  pass_ms(11);
  EXPECT_EQ(reader.received(), invalidate({"k"}));
}

TEST_F(TrackingModesTest, WhatWasReadBeforeBcastIsNotToldTwice) {
  reader.run("CLIENT TRACKING on");
  Client& other = connect3();
  other.run("CLIENT TRACKING on");
  read(reader, "k");
  reader.run("CLIENT TRACKING off");
  reader.run("CLIENT TRACKING on BCAST");
  run("SET k 1");
  EXPECT_EQ(reader.received(), invalidate({"k"}));
}

TEST_F(TrackingModesTest, PrefixesMustNotOverlap) {
  const auto overlaps = [](const std::string& one, const std::string& kind,
                           const std::string& other) {
    return error("ERR Prefix '" + one + "' overlaps with " + kind + " prefix '" + other +
                 "'. Prefixes for a single client must not overlap.");
  };
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX FOOBAR PREFIX FOO"),
            overlaps("FOOBAR", "another provided", "FOO"));
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX x PREFIX FOO PREFIX FOOBAR"),
            overlaps("FOO", "another provided", "FOOBAR"));
  EXPECT_FALSE(reader.session().tracking.on);
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX FOO PREFIX BAR"), ok);
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX x PREFIX FO"),
            overlaps("FO", "an existing", "FOO"));
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX BARB"),
            overlaps("BARB", "an existing", "BAR"));
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST PREFIX FOO"),
            overlaps("FOO", "an existing", "FOO"));
  EXPECT_EQ(reader.session().tracking.prefixes, (std::set<std::string, std::less<>>{"BAR", "FOO"}));
  EXPECT_EQ(reader.run("CLIENT TRACKING on BCAST"), ok) << "no prefix is all keys, unchecked";
}

// ---- REDIRECT -----------------------------------------------------------------------------------

TEST_F(TrackingModesTest, MessagesGoToAnotherClient) {
  Client& subscriber = connect();
  Client& old = connect();
  EXPECT_EQ(old.run("CLIENT TRACKING on REDIRECT " + id_of(subscriber)), ok);
  read(old, "k");
  run("SET k 1");
  EXPECT_EQ(subscriber.received(), "") << "who has not subscribed in RESP2 is not told";
  subscriber.run("SUBSCRIBE __redis__:invalidate");
  read(old, "k");
  run("SET k 2");
  EXPECT_EQ(subscriber.received(), message(bulks({"k"})));
  EXPECT_EQ(old.run("FLUSHALL"), ok);
  EXPECT_EQ(subscriber.received(), message(null));
  EXPECT_EQ(old.received(), "");
  Client& modern = connect3();
  old.run("CLIENT TRACKING on REDIRECT " + id_of(modern));
  read(old, "k");
  EXPECT_EQ(old.run("SET k 3"), ok);
  EXPECT_EQ(modern.received(), invalidate({"k"}));
}

TEST_F(TrackingModesTest, BcastMessagesGoToAnotherClientToo) {
  Client& subscriber = connect();
  subscriber.run("PSUBSCRIBE anything");
  run("CLIENT TRACKING on BCAST REDIRECT " + id_of(subscriber));
  run("MSET b 1 a 1");
  EXPECT_EQ(subscriber.received(), message(bulks({"a", "b"})));
}

TEST_F(TrackingModesTest, ABrokenRedirectIsToldAndShown) {
  Client& target = connect3();
  const std::string id = id_of(target);
  const std::string broken = aggregate(
      '>',
      {bulk("tracking-redir-broken"), integer(static_cast<std::int64_t>(target.session().id))});
  reader.run("CLIENT TRACKING on REDIRECT " + id);
  read(reader, "a b");
  server.disconnect(target);
  EXPECT_EQ(field("flags", reader.run("CLIENT INFO")), "t") << "not noticed yet";
  run("SET a 1");
  EXPECT_EQ(reader.received(), broken);
  EXPECT_EQ(field("flags", reader.run("CLIENT INFO")), "tR");
  EXPECT_EQ(field("redir", reader.run("CLIENT INFO")), id);
  run("SET b 1");
  EXPECT_EQ(reader.received(), broken) << "each time";
  reader.run("CLIENT TRACKING on");
  EXPECT_EQ(field("flags", reader.run("CLIENT INFO")), "t");
}

TEST_F(TrackingModesTest, AResp2ClientWithABrokenRedirectIsOnlyMarked) {
  Client& target = connect3();
  run("CLIENT TRACKING on REDIRECT " + id_of(target));
  read(server.first, "k");
  target.run("QUIT");
  connect().run("SET k 1");
  EXPECT_EQ(server.first.received(), "");
  EXPECT_TRUE(server.first.session().tracking.broken_redirect);
}

TEST_F(TrackingModesTest, RedirectsAreChecked) {
  const std::string none = error("ERR The client ID you want redirect to does not exist");
  EXPECT_EQ(run("CLIENT TRACKING on REDIRECT 999"), none);
  EXPECT_EQ(run("CLIENT TRACKING on REDIRECT 0"), none);
  EXPECT_EQ(run("CLIENT TRACKING on REDIRECT -1"), none);
  EXPECT_EQ(run("CLIENT TRACKING on REDIRECT abc"), not_an_integer);
  EXPECT_EQ(run("CLIENT TRACKING on REDIRECT"), syntax_error);
  EXPECT_EQ(run("CLIENT TRACKING on REDIRECT 1 REDIRECT 1"),
            error("ERR A client can only redirect to a single other client"));
  EXPECT_EQ(run("CLIENT TRACKING on REDIRECT 1"), ok) << "to itself";
}

// ---- what clients see of it ---------------------------------------------------------------------

TEST_F(TrackingModesTest, InfoTellsTheModes) {
  const auto trackinginfo = [](const std::vector<std::string>& flags, std::int64_t redirect,
                               const std::vector<std::string>& prefixes) {
    std::vector<std::string> encoded;
    for (const std::string& flag : flags) encoded.push_back(bulk(flag));
    return aggregate('%', {bulk("flags"), aggregate('~', encoded), bulk("redirect"),
                           integer(redirect), bulk("prefixes"), bulks(prefixes)});
  };
  EXPECT_EQ(reader.run("CLIENT TRACKINGINFO"), trackinginfo({"off"}, -1, {}));
  reader.run("CLIENT TRACKING on REDIRECT 1 NOLOOP");
  EXPECT_EQ(reader.run("CLIENT TRACKINGINFO"), trackinginfo({"on", "noloop"}, 1, {}));
  reader.run("CLIENT TRACKING on OPTIN");
  reader.run("CLIENT CACHING yes");
  EXPECT_EQ(reader.run("CLIENT TRACKINGINFO"), trackinginfo({"on", "optin", "caching-yes"}, 0, {}));
  reader.run("CLIENT TRACKING off");
  reader.run("CLIENT TRACKING on OPTOUT");
  reader.run("CLIENT CACHING no");
  EXPECT_EQ(reader.run("CLIENT TRACKINGINFO"), trackinginfo({"on", "optout", "caching-no"}, 0, {}));
  reader.run("CLIENT TRACKING off");
  reader.run("CLIENT TRACKING on BCAST PREFIX foo PREFIX bar");
  EXPECT_EQ(reader.run("CLIENT TRACKINGINFO"), trackinginfo({"on", "bcast"}, 0, {"bar", "foo"}));
  EXPECT_EQ(field("flags", reader.run("CLIENT INFO")), "tB");
  EXPECT_EQ(run("CLIENT TRACKINGINFO"), array({bulk("flags"), bulks({"off"}), bulk("redirect"),
                                               integer(-1), bulk("prefixes"), array({})}));
}

TEST_F(TrackingModesTest, GetredirTellsWhoIsTold) {
  EXPECT_EQ(run("CLIENT GETREDIR"), integer(-1));
  run("CLIENT TRACKING on");
  EXPECT_EQ(run("CLIENT GETREDIR"), integer(0));
  run("CLIENT TRACKING on REDIRECT " + id_of(reader));
  EXPECT_EQ(run("CLIENT GETREDIR"), integer(static_cast<std::int64_t>(reader.session().id)));
  run("CLIENT TRACKING off");
  EXPECT_EQ(run("CLIENT GETREDIR"), integer(-1));
  EXPECT_EQ(field("redir", run("CLIENT INFO")), "-1");
}

TEST_F(TrackingModesTest, ModesThatDoNotGoTogetherAreRefused) {
  EXPECT_EQ(run("CLIENT TRACKING maybe"), syntax_error);
  EXPECT_EQ(run("CLIENT TRACKING maybe REDIRECT x"), not_an_integer) << "options first";
  EXPECT_EQ(run("CLIENT TRACKING on FOO"), syntax_error);
  EXPECT_EQ(run("CLIENT TRACKING on PREFIX"), syntax_error);
  EXPECT_EQ(run("CLIENT TRACKING on PREFIX a"),
            error("ERR PREFIX option requires BCAST mode to be enabled"));
  const std::string not_with_bcast = error("ERR OPTIN and OPTOUT are not compatible with BCAST");
  EXPECT_EQ(run("CLIENT TRACKING on BCAST OPTIN"), not_with_bcast);
  EXPECT_EQ(run("CLIENT TRACKING on OPTOUT BCAST"), not_with_bcast);
  EXPECT_EQ(run("CLIENT TRACKING on OPTIN OPTOUT"),
            error("ERR You can't specify both OPTIN mode and OPTOUT mode"));
  EXPECT_EQ(info("tracking_clients"), "0");
  run("CLIENT TRACKING on OPTIN");
  EXPECT_EQ(run("CLIENT TRACKING on OPTOUT"),
            error("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this "
                  "client, and then re-enabling it with a different mode."));
  EXPECT_EQ(run("CLIENT TRACKING on BCAST"),
            error("ERR You can't switch BCAST mode on/off before disabling tracking for this "
                  "client, and then re-enabling it with a different mode."));
  EXPECT_EQ(run("CLIENT TRACKING on"), ok) << "which ends OPTIN";
  EXPECT_EQ(run("CLIENT TRACKING off REDIRECT 1 BCAST PREFIX a PREFIX ab"), ok);
}

TEST_F(TrackingModesTest, ResetEndsIt) {
  reader.run("CLIENT TRACKING on BCAST PREFIX a");
  EXPECT_EQ(reader.run("RESET"), simple("RESET"));
  EXPECT_EQ(info("tracking_clients"), "0");
  EXPECT_EQ(info("tracking_total_prefixes"), "0");
  EXPECT_EQ(reader.run("CLIENT GETREDIR"), integer(-1));
}

TEST_F(TrackingModesTest, AClientThatLeavesOrIsKilledEndsIt) {
  Client& other = connect3();
  reader.run("CLIENT TRACKING on BCAST PREFIX a");
  other.run("CLIENT TRACKING on");
  read(other, "k");
  EXPECT_EQ(info("tracking_clients"), "2");
  server.disconnect(other);
  EXPECT_EQ(info("tracking_clients"), "1");
  EXPECT_EQ(info("tracking_total_keys"), "1") << "forgotten when it changes";
  run("SET k 1");
  EXPECT_EQ(info("tracking_total_keys"), "0");
  run("CLIENT KILL ID " + id_of(reader));
  EXPECT_EQ(info("tracking_clients"), "0");
  EXPECT_EQ(info("tracking_total_prefixes"), "0");
}

}  // namespace
}  // namespace respawn::commands::test
