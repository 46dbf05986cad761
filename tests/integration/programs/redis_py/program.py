"""What an application does with redis-py: pipelines, transactions, tracking, pub/sub, blocking pops, scans, users,
names, reconnecting. Prints what came of it, the same each time:

    python3 program.py PORT UNIX_SOCKET
"""
import json
import sys
import threading
import time

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

PORT, UNIX_SOCKET = int(sys.argv[1]), sys.argv[2]


def connect(**options) -> redis.Redis:
    return redis.Redis(**{"host": "127.0.0.1", "port": PORT, "decode_responses": True, **options})


def plain(value):
    """What JSON has no word for, as something that prints the same each time."""
    if isinstance(value, redis.RedisError):
        text = str(value)
        # The texts for missing rights differ between versions of Redis; redis-py has taken the code off others.
        return "error: " + (type(value).__name__ if isinstance(value, redis.exceptions.NoPermissionError) else text)
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def show(label: str, value) -> None:
    print(f"{label}: {json.dumps(plain(value))}", flush=True)


def outcome(action, *arguments, **options):
    """What it returns, or the error that it raises."""
    try:
        return action(*arguments, **options)
    except redis.RedisError as error:
        return error


def until(what: str, condition):
    end = time.monotonic() + 15
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"this did not happen: {what}")
        time.sleep(0.002)


class Background(threading.Thread):
    """A call that blocks, and what it returned."""

    def __init__(self, action, *arguments):
        super().__init__(daemon=True)
        self.action, self.arguments = action, arguments
        self.start()

    def run(self):
        self.value = outcome(self.action, *self.arguments)

    def result(self):
        self.join(15)
        return self.value


def waiting(client: redis.Redis, count: int) -> None:
    until(f"{count} waiters", lambda: client.info("clients")["blocked_clients"] == count)


def take(subscriber, count: int) -> list:
    """The next messages and confirmations."""
    messages = []

    def arrived():
        message = subscriber.get_message(timeout=0.5)
        if message:
            parts = (message["type"], message["pattern"], message["channel"], message["data"])
            messages.append([part for part in parts if part is not None])
        return len(messages) == count

    until(f"{count} messages", arrived)
    return messages


class Raw:
    """A connection by hand, for what redis-py has no method for."""

    def __init__(self, client: redis.Redis):
        self.connection = client.connection_pool.get_connection("raw")

    def ask(self, *words, replies: int = 1):
        self.connection.send_command(*words)
        return self.read() if replies == 1 else [self.read() for _ in range(replies)]

    def read(self):
        return outcome(self.connection.read_response)


def pipelines(client: redis.Redis) -> None:
    pipe = client.pipeline(transaction=False)
    pipe.set("text", "value").get("text").incr("text").lpush("list", "a", "b").lrange("list", 0, -1)
    show("mixed", pipe.execute(raise_on_error=False))
    for number in range(1000):
        pipe.incrby("sum", number)
    show("the last of 1000", pipe.execute()[-1])
    show("raised", outcome(pipe.set("text", "x").lpush("text", "y").execute))
    show("hash", [client.hset("hash", mapping={"a": 1, "b": "two"}), client.hgetall("hash")])
    binary = connect(decode_responses=False)
    binary.set("bytes", bytes(range(256)))
    show("bytes", binary.get("bytes").hex())
    show("floats", [client.incrbyfloat("f", 0.1), client.zadd("z", {"a": 1.5, "b": 2}), client.zrange("z", 0, -1, withscores=True)])


def transactions(client: redis.Redis) -> None:
    pipe = client.pipeline()
    show("exec", pipe.set("n", 1).incr("n").rpush("n", "x").get("n").execute(raise_on_error=False))
    show("raised", outcome(pipe.set("n", 5).rpush("n", "x").execute))
    show("aborted", outcome(pipe.set("n", 7).execute_command("SET", "n").execute))
    show("not run", client.get("n"))
    show("blocking inside", pipe.blpop("nothing", 0).lpush("l", "x").blpop("l", 0).execute())
    raw = Raw(client)
    show("by hand", [raw.ask("MULTI"), raw.ask("INCR", "n"), raw.ask("MULTI"), raw.ask("WATCH", "n"), raw.ask("EXEC")])
    show("discarded", [raw.ask("MULTI"), raw.ask("INCR", "n"), raw.ask("DISCARD"), raw.ask("DISCARD"), raw.ask("EXEC")])
    show("unknown", [raw.ask("MULTI"), raw.ask("NOSUCH"), raw.ask("INCR", "n"), raw.ask("EXEC"), raw.ask("GET", "n")])
    show("reset", [raw.ask("MULTI"), raw.ask("INCR", "n"), raw.ask("RESET"), raw.ask("EXEC"), raw.ask("GET", "n")])
    show("helper", client.transaction(lambda inside: inside.multi() or inside.incr("n").incr("n"), "n"))


def watching(client: redis.Redis) -> None:
    other = connect()

    def expire():
        other.pexpire("w", 1)
        until("expiry", lambda: not other.exists("w"))

    attempts = {
        "untouched": lambda pipe: None,
        "set by another": lambda pipe: other.set("w", 2),
        "set by itself": lambda pipe: pipe.set("w", 3),
        "set to the same": lambda pipe: other.set("w", 3),
        "a list that grew": lambda pipe: other.rpush("v", 1),
        "read by another": lambda pipe: other.get("w"),
        "deleted and made": lambda pipe: other.pipeline().delete("w").set("w", 3).execute(),
        "flushed": lambda pipe: other.flushdb(),
        "flushed when empty": lambda pipe: other.flushall(),
        "unwatched": lambda pipe: (other.set("w", 4), pipe.unwatch()),
        "expired": lambda pipe: expire(),
        "swapped": lambda pipe: (other.set("v", 1), other.swapdb(0, 1)),
        "swapped back": lambda pipe: other.swapdb(0, 1),
    }
    for what, attempt in attempts.items():
        with client.pipeline() as pipe:
            pipe.watch("w", "v")
            attempt(pipe)
            pipe.multi()
            pipe.incr("runs")
            result = outcome(pipe.execute)
            show(what, type(result).__name__ if isinstance(result, redis.WatchError) else result)


def retrying(client: redis.Redis) -> None:
    client.set("balance", 0)

    def add(own: redis.Redis, done: int = 0) -> None:
        while done < 10:
            with own.pipeline() as pipe:
                try:
                    pipe.watch("balance")
                    balance = int(pipe.get("balance"))
                    pipe.multi()
                    pipe.set("balance", balance + 1).rpush("history", balance).execute()
                    done += 1
                except redis.WatchError:
                    continue

    workers = [Background(add, connect()) for _ in range(6)]
    show("workers", [worker.result() for worker in workers])
    show("balance", client.get("balance"))
    show("no update was lost", client.lrange("history", 0, -1) == [str(number) for number in range(60)])


def tracking(client: redis.Redis) -> None:
    receiver = client.pubsub(ignore_subscribe_messages=True)
    receiver.connection = client.connection_pool.get_connection("pubsub")
    receiver.connection.send_command("CLIENT", "ID")
    identity = receiver.connection.read_response()
    receiver.subscribe("__redis__:invalidate")
    reader, other = connect(max_connections=1), connect()

    def on(**options):
        return reader.client_tracking_on(clientid=identity, **options)

    def info():
        reply = reader.execute_command("CLIENT", "TRACKINGINFO")
        return ["the receiver" if part == identity else part for part in reply]

    show("on", [on(), info(), reader.client_getredir() == identity])
    reader.mget("t1", "t2")
    other.mset({"t0": 1, "t1": 1})
    other.set("t1", 2)
    other.set("t2", 1)
    show("read, then changed once", take(receiver, 2))
    reader.hgetall("t3")
    reader.lrange("t3", 0, -1)
    other.rpush("t3", "x")
    show("created", take(receiver, 1))
    reader.pipeline().get("t1").get("t2").execute()
    other.delete("t1", "t2")
    show("read in a transaction", sorted(take(receiver, 2)))
    reader.get("t4")
    reader.pipeline().set("t4", 1).get("t4").execute()
    other.set("t4", 2)
    show("changed and read in one", take(receiver, 2))
    reader.get("t4")
    other.flushall()
    show("flushed", take(receiver, 1))
    show("off", [reader.client_tracking_off(), info()])
    show("bcast", [on(bcast=True, prefix=["a:", "b:"]), info()])
    other.mset({"a:1": 1, "c:1": 1})
    other.set("b:1", 1)
    show("of the prefixes", take(receiver, 2))
    show("other mode", outcome(on))
    reader.client_tracking_off()
    show("optin", [on(optin=True, noloop=True), info()])
    reader.get("o1")
    reader.execute_command("CLIENT", "CACHING", "YES")
    reader.get("o2")
    other.mset({"o1": 1, "o2": 1})
    show("asked for", take(receiver, 1))
    show("both", outcome(on, optin=True, optout=True))
    reader.client_tracking_off()
    receiver.close()


def messages(client: redis.Redis) -> None:
    subscriber = client.pubsub()
    subscriber.subscribe("news", "sport")
    subscriber.psubscribe("n*")
    show("subscribed", take(subscriber, 3))
    show("receivers", [client.publish("news", "one"), client.publish("sport", "two"), client.publish("x", "")])
    show("received", take(subscriber, 3))
    client.pipeline().publish("news", "a").incr("n").publish("news", "b").execute()
    show("from a transaction", take(subscriber, 4))
    show("channels", [sorted(client.pubsub_channels()), client.pubsub_numsub("news", "none"), client.pubsub_numpat()])
    subscriber.ping("hello")
    subscriber.unsubscribe("sport")
    subscriber.punsubscribe()
    subscriber.unsubscribe()
    show("pong and farewell", take(subscriber, 4))
    handled = []
    with client.pubsub() as handling:
        handling.subscribe(handled=lambda message: handled.append(message["data"]))
        thread = handling.run_in_thread(sleep_time=0.01)
        until("a subscriber", lambda: client.publish("handled", "x"))
        until("a handled message", lambda: handled)
        thread.stop()
        thread.join(15)
    show("handled", handled)
    shard = Raw(client)
    show("sharded", shard.ask("SSUBSCRIBE", "orders", "bills", replies=2))
    show("receivers", [client.execute_command("SPUBLISH", "orders", "o1"), client.publish("orders", "no")])
    show("received", shard.read())
    show("in a transaction", client.pipeline().execute_command("SPUBLISH", "bills", "b1").execute())
    show("received", shard.read())
    show("shards", [sorted(client.execute_command("PUBSUB", "SHARDCHANNELS")), client.execute_command("PUBSUB", "SHARDNUMSUB", "orders")])
    show("left", [shard.ask("SUNSUBSCRIBE", "orders"), shard.ask("SUNSUBSCRIBE"), shard.ask("PING")])


def notifications(client: redis.Redis) -> None:
    client.config_set("notify-keyspace-events", "KEA")
    subscriber = client.pubsub(ignore_subscribe_messages=True)
    subscriber.psubscribe("__keyevent@*__:*")
    until("subscribed", client.pubsub_numpat)
    actions = {
        "set": (2, lambda: client.set("key", 1, ex=100)),
        "several": (2, lambda: client.mset({"m1": 1, "m2": 2})),
        "list": (3, lambda: (client.rpush("queue", "a"), client.rpop("queue"))),
        "moved": (3, lambda: (client.rpush("queue", "a"), client.move("queue", 4))),
        "transaction": (3, lambda: client.pipeline().sadd("tags", "x").zincrby("board", 1, "m").hdel("h", "f").persist("key").execute()),
        "expired": (3, lambda: client.set("soon", 1, px=5)),
        "removed": (1, lambda: client.delete("key", "none")),
    }
    for what, (count, action) in actions.items():
        action()
        show(what, take(subscriber, count))
    client.config_set("notify-keyspace-events", "")
    subscriber.close()


def blocking_pops(client: redis.Redis) -> None:
    first = Background(connect().blpop, ["q1", "q2"], 0)
    waiting(client, 1)
    second = Background(connect().brpop, ["q2"], 0)
    waiting(client, 2)
    client.pipeline().rpush("q2", "a", "b", "c").llen("q2").execute()
    show("served in order", [first.result(), second.result(), client.lrange("q2", 0, -1)])
    moved = Background(connect().blmove, "from", "to", 0)
    waiting(client, 1)
    client.lpush("from", "x")
    show("moved", [moved.result(), client.lrange("to", 0, -1)])
    greatest = Background(connect().bzpopmax, "scores", 0)
    waiting(client, 1)
    client.zadd("scores", {"one": 1, "two": 2})
    show("greatest", greatest.result())
    deleted = Background(connect().blpop, ["q3"], 0)
    waiting(client, 1)
    client.pipeline().rpush("q3", "gone").delete("q3").execute()
    client.rpush("q3", "there")
    show("what a transaction leaves", deleted.result())
    show("in time", client.blpop("q1", 0.02))


def scans(client: redis.Redis) -> None:
    client.flushall()
    fill = client.pipeline()
    for number in range(300):
        fill.set(f"user:{number}", number).sadd("set", number).hset("hash", number, number).zadd("zset", {number: number})
    fill.execute()
    show("keys", len(set(client.scan_iter(match="user:*", count=50))))
    show("of a type", list(client.scan_iter(_type="zset")))
    show("members", len(set(client.sscan_iter("set", match="1*"))))
    show("fields", len(dict(client.hscan_iter("hash", count=100))))
    show("scores", sum(score for _, score in set(client.zscan_iter("zset"))))


def users(client: redis.Redis) -> None:
    show("made", client.acl_setuser("alice", enabled=True, passwords=["+secret"], keys=["a:*"], commands=["+@all", "-@dangerous"], reset=True))
    alice = connect(username="alice", password="secret")
    show("who", alice.acl_whoami())
    show("allowed", alice.set("a:1", 1))
    show("refused", [outcome(alice.set, "b:1", 1), outcome(alice.flushall), outcome(alice.publish, "x", "x")])
    show("in a transaction", outcome(alice.pipeline().set("a:2", 1).set("b:2", 1).execute))
    show("nothing of it", client.exists("a:2"))
    raw = Raw(alice)
    show("queued", [raw.ask("MULTI"), raw.ask("SET", "a:3", 1), raw.ask("INCR", "a:3")])
    client.execute_command("ACL", "SETUSER", "alice", "-incr")
    show("forbidden since", raw.ask("EXEC"))
    show("wrong", outcome(connect(username="alice", password="no").ping).__class__.__name__)
    stranger = Raw(connect())
    greeting = stranger.ask("HELLO", "2", "AUTH", "alice", "secret", "SETNAME", "al")
    fields = dict(zip(greeting[::2], greeting[1::2]))
    show("hello", [fields["server"], fields["proto"], fields["mode"], fields["role"]])
    show("now", [stranger.ask("ACL", "WHOAMI"), stranger.ask("CLIENT", "GETNAME"), stranger.ask("HELLO", "9")])
    show("users", [client.acl_users(), client.acl_deluser("alice")])
    show("its clients are closed", outcome(stranger.ask, "PING").__class__.__name__)


def names(client: redis.Redis) -> None:
    named = connect(client_name="worker", db=5, single_connection_client=True)
    show("name", named.client_getname())
    line = next(each for each in client.client_list() if each["name"] == "worker")
    show("listed", {field: line[field] for field in ("db", "sub", "psub", "multi", "user", "resp", "flags")})
    show("renamed", [named.client_setname("other"), named.client_getname(), outcome(named.client_setname, "a b")])
    named.execute_command("WATCH", "x")
    raw = Raw(connect(client_name="queueing"))
    raw.ask("MULTI")
    raw.ask("PING")
    multi = next(each for each in client.client_list() if each["name"] == "queueing")
    show("queueing", [multi["multi"], multi["flags"]])


def reconnecting(client: redis.Redis) -> None:
    errors = [redis.ConnectionError]
    victim = connect(client_name="victim", single_connection_client=True, retry=Retry(ConstantBackoff(0.02), 3), retry_on_error=errors)
    show("killed", client.client_kill_filter(_id=victim.client_id()))
    show("asked again", [victim.ping(), victim.client_getname()])
    fragile = connect(single_connection_client=True)
    client.client_kill_filter(_id=fragile.client_id())
    show("without retries", type(outcome(fragile.ping)).__name__)
    show("connected again", fragile.ping())
    queueing = Raw(connect())
    identity = queueing.ask("CLIENT", "ID")
    queueing.ask("MULTI")
    queueing.ask("SET", "half", 1)
    show("killed while queueing", [client.client_kill_filter(_id=identity), client.exists("half")])
    waiter = connect(client_name="waiter", single_connection_client=True)
    job = Background(waiter.blpop, "jobs", 0)
    waiting(client, 1)
    client.client_kill_filter(_id=next(each["id"] for each in client.client_list() if each["name"] == "waiter"))
    show("killed while waiting", type(job.result()).__name__)
    show("the job is still there", [client.rpush("jobs", "j"), client.lrange("jobs", 0, -1)])


def unix_socket(_: redis.Redis) -> None:
    local = redis.Redis(unix_socket_path=UNIX_SOCKET, decode_responses=True)
    show("ping", local.ping())
    show("exec", local.pipeline().set("unix", 1).incr("unix").execute())
    show("from", local.client_info()["addr"] == UNIX_SOCKET + ":0")


def main() -> None:
    client = connect()
    client.flushall()
    for part in (pipelines, transactions, watching, retrying, tracking, messages, notifications, blocking_pops, scans, users,
                 names, reconnecting, unix_socket):
        print(f"== {part.__name__}", flush=True)
        part(client)
    print("done", flush=True)


if __name__ == "__main__":
    main()
