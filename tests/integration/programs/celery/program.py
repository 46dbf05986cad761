"""What an application does with Celery: a worker process, results, chains, groups, chords, times to come, retries,
priorities, revocation, events, remote control, and a worker that dies. Prints what came of it, the same each time:

    python3 program.py PORT UNIX_SOCKET [JOBS]
"""
import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time

PORT, JOBS = sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 60
os.environ["REDIS_PORT"] = PORT

from celery import chain, chord, group  # noqa: E402
from celery.exceptions import TaskRevokedError, TimeoutError as CeleryTimeout  # noqa: E402
from kombu import Queue  # noqa: E402

from tasks import add, app, broken, flaky, note, on_error, patient, progress, store, timed, total  # noqa: E402

TIMEOUT_S = 30
QUEUES = "celery,notes"
NAME = "one@here"
CONTROL = {"destination": [NAME], "timeout": 5}


def show(label, value):
    print(f"{label}: {json.dumps(value)}", flush=True)


def until(what, condition):
    end = time.monotonic() + TIMEOUT_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"this did not happen: {what}")
        time.sleep(0.005)


def outcome(result):
    try:
        return result.get(timeout=TIMEOUT_S)
    except Exception as error:  # which the task raised
        return f"{type(error).__name__}: {error}"


class Worker:
    """The process that works. At most one runs at a time."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-c", "2", "-Q", QUEUES, "-n", NAME,
             "--without-mingle", "-l", "warning"],
            cwd=os.path.dirname(os.path.abspath(__file__)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        until("the worker is there", lambda: app.control.ping(destination=[NAME], timeout=0.3))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT_S)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def before_the_worker():
    results = [add.delay(number, number) for number in range(JOBS)]
    for number in range(3):
        note.apply_async((f"priority {number}",), priority=number * 3)
    with app.connection() as connection:  # each step of priority is a list
        client = connection.default_channel.client
        show("queued", {key.decode(): client.llen(key) for key in sorted(client.keys("*\x06*"))})
    show("pending", [results[0].state, results[0].ready()])
    return results


def working(results):
    values = [result.get(timeout=TIMEOUT_S) for result in results]
    show("values", [values == [2 * number for number in range(JOBS)], results[3].state, results[3].args, results[3].name])
    until("notes", lambda: store.llen("notes") == 3)
    show("notes", sorted(store.lrange("notes", 0, -1)))
    results[0].forget()
    show("forgotten", results[0].state)
    show("error", [outcome(broken.delay()), outcome(broken.delay()), broken.apply_async().get(propagate=False).__class__.__name__])
    broken.apply_async(link_error=on_error.s())
    show("linked", until("the error's task", lambda: store.lrange("errors", 0, -1)))
    show("ignored", add.apply_async((1, 1), ignore_result=True).id is not None)


def flows():
    show("chain", outcome(chain(add.s(1, 2), add.s(10), add.s(100))()))
    show("broken chain", outcome(chain(add.s(1, 2), broken.si(), add.s(100))()))
    result = group(add.s(number, 1) for number in range(JOBS))()
    show("group", [sum(result.get(timeout=TIMEOUT_S)), result.completed_count() == JOBS, result.successful()])
    result.save()
    show("restored", len(app.GroupResult.restore(result.id).results))
    result.delete()
    show("chord", outcome(chord((add.s(number, number) for number in range(JOBS)), total.s())()))
    show("broken chord", outcome(chord([add.s(1, 1), broken.s()], total.s())()).split(":")[0])
    show("chain of groups", outcome((group(add.s(1, 1), add.s(2, 2)) | total.s() | add.s(1) | note.s())()))
    show("chunks", outcome(add.chunks(zip(range(20), range(20)), 5).group()()))
    show("starmap", outcome(add.starmap([(1, 2), (3, 4)]).delay()))
    tree = chain(add.s(1, 1), add.s(1))()
    show("parents", [tree.get(timeout=TIMEOUT_S), tree.parent.get(timeout=TIMEOUT_S), tree.parent.parent])


def times():
    now = datetime.datetime.now(datetime.timezone.utc)
    later = [timed.apply_async((delay,), eta=now + datetime.timedelta(seconds=delay)) for delay in (0.9, 0.3, 0.6)]
    revoked = timed.apply_async(("never",), countdown=600)
    show("not yet", [later[0].ready(), store.exists("times")])
    until("reserved", lambda: len(app.control.inspect(**CONTROL).scheduled() or {}) == 1)
    revoked.revoke()
    for result in later:
        result.get(timeout=TIMEOUT_S)
    done = {float(what): float(when) - now.timestamp() for what, when in store.hgetall("times").items()}
    show("none early", [sorted(done), all(what <= when for what, when in done.items())])
    show("expired", outcome(note.apply_async(("stale",), expires=now - datetime.timedelta(seconds=60))).split(":")[0])
    return revoked


def retries():
    results = [flaky.delay(name, failures) for name, failures in (("never", 0), ("twice", 2), ("always", 99))]
    show("results", [outcome(result) for result in results])
    show("attempts", sorted(store.hgetall("attempts").items()))
    show("state", [results[2].state, results[1].state])


def looked_at():
    seen, own, subscriptions = [], [], store.pubsub_numpat()  # events of earlier tasks may still be under way

    def listen():
        with app.connection() as connection:
            receiver = app.events.Receiver(
                connection, handlers={"*": lambda event: seen.append((event.get("uuid"), event["type"]))})
            with receiver.consumer_context():
                for _ in receiver.consume(limit=None, timeout=None, wakeup=False):
                    if own and (own[0], "task-succeeded") in seen:
                        return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    until("it listens", lambda: store.pubsub_numpat() > subscriptions)
    result = progress.delay(3)
    own.append(result.id)
    until("it waits", lambda: store.llen("progress"))
    show("progress", [result.state, result.info])
    show("active", [[task["name"] for task in tasks] for tasks in app.control.inspect(**CONTROL).active().values()])
    store.rpush("go on", "now")
    show("value", outcome(result))
    listener.join(TIMEOUT_S)
    show("events", [kind for task, kind in seen if task == result.id])
    show("queues", sorted(queue["name"] for queue in app.control.inspect(**CONTROL).active_queues()[NAME]))
    show("pool", app.control.inspect(**CONTROL).stats()[NAME]["pool"]["max-concurrency"])
    show("grown", app.control.pool_grow(1, reply=True, **CONTROL)[0][NAME]["ok"])
    show("rate", app.control.rate_limit("tasks.add", "1000/s", reply=True, **CONTROL)[0][NAME]["ok"])
    show("added", app.control.add_consumer("more", reply=True, **CONTROL)[0][NAME]["ok"])
    show("from there", outcome(add.apply_async((20, 3), queue="more")))


def lost(worker):
    """A task of a worker that dies is taken up by the next one, once its time is over."""
    patient.delay()
    until("it has begun", lambda: store.get("patient") == "1")
    worker.kill()
    broker = app.connection().default_channel
    show("unacknowledged", [broker.client.hlen("unacked") >= 1, broker.client.zcard("unacked_index") >= 1])
    broker.client.zinterstore("unacked_index", {"unacked_index": 0})  # as if it had been long ago
    worker.__init__()
    until("taken up", lambda: store.llen("patience"))
    show("patience", store.lrange("patience", 0, -1))


def left(revoked):
    try:
        revoked.get(timeout=0.01)
    except (TaskRevokedError, CeleryTimeout) as error:
        show("revoked", type(error).__name__ in ("TaskRevokedError", "TimeoutError"))
    with app.connection() as connection:
        channel = connection.default_channel
        # How many are left depends on which of them the worker had fetched when it was stopped.
        show("purged", [Queue("notes", channel=channel).bind(channel).purge(), app.control.purge() >= 0,
                        channel.client.llen("celery")])
        show("left", sorted(f"{key.decode()} {channel.client.type(key).decode()}" for key in channel.client.keys("*")
                            if b"reply" not in key and b"unacked" not in key))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # which stops the worker, too
    store.flushall()
    print("== before the worker")
    results = before_the_worker()
    worker = Worker()
    try:
        print("== working")
        working(results)
        print("== flows")
        flows()
        print("== times")
        revoked = times()
        print("== retries")
        retries()
        print("== looked at")
        looked_at()
        print("== lost")
        lost(worker)
        show("stopped", worker.stop())
        left(revoked)
        print("done")
    finally:
        worker.kill()


main()
