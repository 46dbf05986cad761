#include "commands/sorted_sets/geohash.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

using GeoTest = CommandTest;

TEST_F(GeoTest, AddsAndReads) {
  EXPECT_EQ(run("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"), integer(2));
  EXPECT_EQ(run("ZSCORE g Palermo"), bulk("3479099956230698"));
  EXPECT_EQ(run("GEODIST g Palermo Catania"), bulk("166274.1516"));
  EXPECT_EQ(run("GEODIST g Palermo Catania km"), bulk("166.2742"));
  EXPECT_EQ(run("GEODIST g Palermo x"), null);
  EXPECT_EQ(run("GEOHASH g Palermo Catania x"),
            array({bulk("sqc8b49rny0"), bulk("sqdtr74hyu0"), null}));
  EXPECT_EQ(run("GEOPOS g Palermo x"),
            array({bulks({"13.36138933897018433", "38.11555639549629859"}), null_array}));
}

TEST_F(GeoTest, Searches) {
  run("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania");
  EXPECT_EQ(run("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC"), bulks({"Catania", "Palermo"}));
  EXPECT_EQ(run("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 100 km WITHDIST"),
            array({bulks({"Catania", "56.4413"})}));
  EXPECT_EQ(run("GEORADIUSBYMEMBER g Palermo 200 km COUNT 1"), bulks({"Palermo"}));
  EXPECT_EQ(run("GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km"), integer(2));
  EXPECT_EQ(run("ZSCORE d Palermo"), bulk("3479099956230698"));
  EXPECT_EQ(events_of("GEORADIUS g 15 37 200 km STORE d"), "georadiusstore d");
  EXPECT_EQ(changes_of("GEORADIUS g 15 37 200 km STORE d"), 2U);
  EXPECT_EQ(events_of("GEORADIUS g 1 1 1 km STORE d"), "del d");
}

TEST_F(GeoTest, Refuses) {
  EXPECT_EQ(run("GEOADD g 181 2 a"),
            error("ERR invalid longitude,latitude pair 181.000000,2.000000"));
  EXPECT_EQ(run("GEOADD g NX XX 1 2 a"), syntax_error);
  EXPECT_EQ(run("GEOSEARCH g BYRADIUS 1 km ASC ASC ASC"),
            error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH"));
  EXPECT_EQ(run("GEOSEARCH g FROMLONLAT 1 2 BYRADIUS 1 km ANY"),
            error("ERR the ANY argument requires COUNT argument"));
  EXPECT_EQ(run("GEODIST g a b yd"),
            error("ERR unsupported unit provided. please use M, KM, FT, MI"));
}

TEST(Geohash, AScoreIsACellAroundThePlace) {
  Random random(17);
  for (int i = 0; i < 1000; ++i) {
    const Place place{random.unit() * 360 - 180, random.unit() * 170 - 85};
    const Place middle = place_of(score_of(place));
    ASSERT_NEAR(middle.longitude, place.longitude, 360.0 / (1 << 26));
    ASSERT_NEAR(middle.latitude, place.latitude, 180.0 / (1 << 26));
    ASSERT_EQ(score_of(middle), score_of(place));
  }
}

TEST(Geohash, SpansHoldEveryPlaceWithinTheShape) {
  Random random(18);
  for (int i = 0; i < 3000; ++i) {
    GeoShape shape;
    shape.center = {random.unit() * 300 - 150, random.unit() * 120 - 60};
    shape.radius_m = random.unit() * 500'000;
    const Place place{shape.center.longitude + random.unit() * 6 - 3,
                      shape.center.latitude + random.unit() * 6 - 3};
    if (!shape.distance_within(place)) continue;
    const double score = score_of(place);
    const auto spans = spans_covering(shape);
    ASSERT_TRUE(std::any_of(spans.begin(), spans.end(), [&](const ScoreSpan& span) {
      return score >= span.min && score < span.max;
    })) << i;
  }
}

}  // namespace
}  // namespace respawn::commands::test
