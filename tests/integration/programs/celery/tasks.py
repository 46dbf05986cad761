"""The tasks of the program beside this file, as its worker process and the program itself load them. REDIS_PORT names
the server: broker in database 0, results in 1.
"""
import os
import time

import redis
from celery import Celery

PORT = os.environ["REDIS_PORT"]
app = Celery("tasks", broker=f"redis://127.0.0.1:{PORT}/0", backend=f"redis://127.0.0.1:{PORT}/1")
app.conf.update(
    broker_transport_options={"visibility_timeout": 3600, "unacked_restore_limit": 10},
    result_extended=True,
    task_track_started=True,
    worker_prefetch_multiplier=1,
    task_default_priority=5,
    worker_send_task_events=True,
    task_routes={"tasks.note": {"queue": "notes"}},
)
store = redis.Redis(port=int(PORT), db=2, decode_responses=True)


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def note(what):
    store.rpush("notes", what)
    return what


@app.task
def timed(what):
    store.hset("times", what, time.time())


@app.task(bind=True, max_retries=3)
def flaky(self, name, failures):
    attempt = store.hincrby("attempts", name, 1)
    if attempt <= failures:
        raise self.retry(exc=ValueError(f"attempt {attempt} of {name}"), countdown=0.05)
    return attempt


@app.task
def broken():
    raise KeyError("broken")


@app.task(bind=True)
def progress(self, steps):
    for step in range(steps):
        self.update_state(state="PROGRESS", meta={"step": step})
    store.rpush("progress", "waiting")
    store.blpop("go on", timeout=20)
    return steps


@app.task
def on_error(request, error, _traceback):
    store.rpush("errors", f"{request.task} {error!r}")


@app.task(acks_late=True, reject_on_worker_lost=True)
def patient():
    if store.incr("patient") == 1:
        time.sleep(600)
    store.rpush("patience", "rewarded")
