#include "config/option_rows.hpp"

namespace respawn::config {
namespace {

constexpr Name endpoint_types[] = {{"ip", code(EndpointType::ip)},
                                   {"hostname", code(EndpointType::hostname)},
                                   {"unknown-endpoint", code(EndpointType::unknown_endpoint)}};
constexpr Name tls_auth_names[] = {{"no", code(TlsClientAuth::no)},
                                   {"yes", code(TlsClientAuth::yes)},
                                   {"optional", code(TlsClientAuth::optional)}};

constexpr std::size_t hostname_max = 256;

const char* check_hostname(Value& value) {
  const auto& host = std::get<std::string>(value);
  if (host.size() >= hostname_max) return "Hostnames must be less than 256 characters";
  for (char c : host) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && c != '.')
      return "Hostnames may only contain alphanumeric characters, hyphens or dots";
  }
  return nullptr;
}

const char* check_node_name(Value& value) {
  const auto& name = std::get<std::string>(value);
  if (name.size() >= hostname_max) return "Nodenames must be less than 256 characters";
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && c != '.' && c != '_')
      return "Announced human node name contained invalid character";
  }
  return nullptr;
}

bool is_cluster(const Config& config) {
  return config.cluster_enabled;
}

/// Beside a plain port, clients that cannot use TLS were meant to come in anyway.
bool has_tls_alone(const Config& config) {
  return config.tls_port != 0 && config.port == 0;
}

bool asks_for_certificates(const Value& value) {
  return std::get<std::int64_t>(value) != code(TlsClientAuth::no);
}

constexpr std::string_view no_tls = "there is no TLS yet";

constexpr Option cluster[] = {
    boolean("cluster-enabled", "no")
        .bind<&Config::cluster_enabled>()
        .immutable()
        .promises(is_yes, "there is no cluster yet")
        .stops(is_cluster)
        .about("Whether the server is a node of a cluster."),
    text("cluster-config-file", "nodes.conf")
        .immutable()
        .about("File in which a node keeps what it knows about the cluster."),
    integer("cluster-node-timeout", "15000", 0, long_max)
        .in(Unit::milliseconds)
        .about("Silence after which a node counts as failing."),
    integer("cluster-port", "0", 0, 65535)
        .immutable()
        .about("Port of the cluster bus; 0 means port + 10000."),
    integer("cluster-replica-validity-factor", "10")
        .also("cluster-slave-validity-factor")
        .about("How stale a replica may be to become master, in node timeouts; 0 ignores it."),
    integer("cluster-migration-barrier", "1")
        .about("Replicas a master keeps when another master has none."),
    boolean("cluster-allow-replica-migration", "yes")
        .about("Whether replicas move to masters that have none."),
    boolean("cluster-replica-no-failover", "no")
        .also("cluster-slave-no-failover")
        .about("Whether this replica never becomes master by itself."),
    boolean("cluster-require-full-coverage", "yes")
        .about("Whether the cluster stops when a slot has no node."),
    boolean("cluster-allow-reads-when-down", "no")
        .about("Whether a node answers reads while the cluster is down."),
    boolean("cluster-allow-pubsubshard-when-down", "yes")
        .about("Whether sharded channels work while the cluster is down."),
    memory("cluster-link-sendbuf-limit", "0", 0, std::numeric_limits<std::uint64_t>::max())
        .about("Unsent bytes at which a bus link is closed; 0 sets no limit."),
    text("cluster-announce-ip").about("Address told to other nodes."),
    text("cluster-announce-hostname")
        .checked(check_hostname)
        .about("Host name told to other nodes and clients."),
    text("cluster-announce-human-nodename")
        .checked(check_node_name)
        .about("Name of this node for people, shown in logs."),
    integer("cluster-announce-port", "0", 0, 65535).about("Port told to other nodes."),
    integer("cluster-announce-tls-port", "0", 0, 65535).about("TLS port told to other nodes."),
    integer("cluster-announce-bus-port", "0", 0, 65535).about("Bus port told to other nodes."),
    choice("cluster-preferred-endpoint-type", "ip", endpoint_types)
        .about("What redirects name: address, host name, or neither."),
};

constexpr Option tls[] = {
    integer("tls-port", "0", 0, 65535)
        .bind<&Config::tls_port>()
        .promises(is_not_zero, no_tls)
        .stops(has_tls_alone)
        .about("TCP port for TLS connections; 0 opens none."),
    text("tls-cert-file")
        .bind<&Config::tls_cert_file>()
        .promises(is_given, no_tls)
        .about("Certificate of the server."),
    text("tls-key-file")
        .bind<&Config::tls_key_file>()
        .promises(is_given, no_tls)
        .about("Private key of the server."),
    text("tls-key-file-pass")
        .bind<&Config::tls_key_file_pass>()
        .keep_secret()
        .promises(is_given, no_tls)
        .about("Password of the server's private key."),
    text("tls-client-cert-file")
        .promises(is_given, no_tls)
        .about("Certificate for outgoing connections."),
    text("tls-client-key-file")
        .promises(is_given, no_tls)
        .about("Private key for outgoing connections."),
    text("tls-client-key-file-pass")
        .keep_secret()
        .promises(is_given, no_tls)
        .about("Password of the private key for outgoing connections."),
    text("tls-dh-params-file")
        .bind<&Config::tls_dh_params_file>()
        .promises(is_given, no_tls)
        .about("Diffie-Hellman parameters for old clients."),
    text("tls-ca-cert-file")
        .bind<&Config::tls_ca_cert_file>()
        .promises(is_given, no_tls)
        .about("File with the certificates of trusted authorities."),
    text("tls-ca-cert-dir")
        .bind<&Config::tls_ca_cert_dir>()
        .promises(is_given, no_tls)
        .about("Directory with the certificates of trusted authorities."),
    choice("tls-auth-clients", "yes", tls_auth_names)
        .bind<&Config::tls_auth_clients>()
        .promises(asks_for_certificates, no_tls)
        .about("Whether clients must show a certificate."),
    boolean("tls-replication", "no")
        .bind<&Config::tls_replication>()
        .promises(is_yes, no_tls)
        .about("Whether replication links use TLS."),
    boolean("tls-cluster", "no")
        .promises(is_yes, no_tls)
        .about("Whether the cluster bus uses TLS."),
    text("tls-protocols")
        .bind<&Config::tls_protocols>()
        .promises(is_given, no_tls)
        .about("Versions of TLS to accept."),
    text("tls-ciphers")
        .bind<&Config::tls_ciphers>()
        .promises(is_given, no_tls)
        .about("Ciphers to accept up to TLS 1.2, as OpenSSL writes them."),
    text("tls-ciphersuites")
        .bind<&Config::tls_ciphersuites>()
        .promises(is_given, no_tls)
        .about("Cipher suites to accept from TLS 1.3 on, as OpenSSL writes them."),
    boolean("tls-prefer-server-ciphers", "no")
        .bind<&Config::tls_prefer_server_ciphers>()
        .promises(is_yes, no_tls)
        .about("Whether the server's order of ciphers wins."),
    boolean("tls-session-caching", "yes")
        .bind<&Config::tls_session_caching>()
        .about("Whether clients may resume a session."),
    integer("tls-session-cache-size", "20480")
        .bind<&Config::tls_session_cache_size>()
        .about("Sessions kept to be resumed; 0 sets no limit."),
    integer("tls-session-cache-timeout", "300")
        .bind<&Config::tls_session_cache_timeout_s>()
        .in(Unit::seconds)
        .about("How long a session can be resumed."),
};

static_assert(well_formed(cluster));
static_assert(well_formed(tls));

}  // namespace

std::span<const Option> cluster_rows() {
  return cluster;
}

std::span<const Option> tls_rows() {
  return tls;
}

}  // namespace respawn::config
