# What an application does with Sidekiq: a worker process that runs jobs at once, later, again when they failed, and
# once more when it is stopped in the middle; queues and sets looked at as its web page does. Prints what came of it,
# the same each time:
#
#     ruby program.rb PORT UNIX_SOCKET [JOBS]
require "json"

port, jobs = ARGV[0], Integer(ARGV[2] || 60)
ENV["REDIS_URL"] = "redis://127.0.0.1:#{port}/0"
require "sidekiq/api"
require_relative "application"
Redis.sadd_returns_boolean = false # or it warns of what Sidekiq does

JOBS = jobs
$stdout.sync = true

def show(label, value) = puts("#{label}: #{JSON.generate(value)}")

def redis(&block) = Sidekiq.redis(&block)

def wait_until(what)
  limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
  until (value = yield)
    raise "this did not happen: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit

    sleep 0.005
  end
  value
end

# A worker process. At most one runs at a time.
class Worker
  def initialize = start

  def start
    script = File.join(__dir__, "application.rb")
    @pid = Process.spawn("sidekiq", "-r", script, "-e", "test", "-c", "5", "-t", "2", "-q", "critical,3", "-q", "default",
                         out: File::NULL, err: File::NULL)
    wait_until("the worker is there") { Sidekiq::ProcessSet.new.any? { |process| process["pid"] == @pid } }
  end

  def stop(signal = "TERM")
    Process.kill(signal, @pid)
    Process.wait(@pid)
    @pid = nil
  end

  def kill = @pid && stop("KILL")
end

def list(key) = redis { |connection| connection.lrange(key, 0, -1) }

def processed = Sidekiq::Stats.new.processed

def before_the_worker
  JOBS.times { |number| Square.perform_async(number) }
  ids = Square.perform_bulk((0...JOBS).map { |number| [number, "é"] })
  Sidekiq::Client.push_bulk("class" => "Note", "args" => [["bulk", 1], ["bulk", 2]])
  show("pushed", [ids.size, ids.uniq.size, ids.first.size])
  stats = Sidekiq::Stats.new
  show("stats", [stats.enqueued, stats.processed, stats.failed, stats.queues, stats.workers_size])
  queue = Sidekiq::Queue.new("default")
  show("queue", [queue.size, queue.first.klass, queue.first.args, queue.to_a.last.args, queue.latency >= 0, queue.paused?])
  queue.find_job(ids.last).delete
  show("deleted", [queue.size, queue.find_job(ids.last)])
  show("queues", Sidekiq::Queue.all.map(&:name))
end

def working
  wait_until("all squares") { processed == (2 * JOBS) + 1 }
  show("sum", redis { |connection| connection.get("sum") })
  show("texts", list("texts").tally)
  show("bulk", list("bulk").sort)
  process = Sidekiq::ProcessSet.new.first
  show("process", [process["concurrency"], process["queues"], process.stopping?, process["tag"].is_a?(String)])
end

def scheduled
  started = Time.now.to_f
  [0.6, 0.2, 0.4].each { |delay| Note.perform_in(delay, "order", delay) }
  far = Note.perform_in(3600, "order", "by hand")
  gone = Note.perform_at(Time.now.to_f + 7200, "order", "never")
  set = Sidekiq::ScheduledSet.new
  show("scheduled", [set.size, set.map(&:klass).uniq, set.find_job(far).args, set.scan("by hand").map(&:jid) == [far]])
  wait_until("three in time") { list("order").size == 3 }
  show("order", list("order"))
  show("not early", Time.now.to_f - started >= 0.6)
  set.find_job(gone).delete
  set.find_job(far).add_to_queue
  wait_until("the fourth") { list("order").size == 4 }
  show("all", [list("order").last, set.size])
  JOBS.times { |number| Note.perform_in(0.1 + (number % 7) * 0.01, "many", number) }
  wait_until("many") { list("many").size == JOBS }
  show("many", list("many").map(&:to_i).sort == (0...JOBS).to_a)
end

def retried
  [["never", 0], ["once", 1], ["thrice", 3], ["always", 99]].each { |arguments| Flaky.perform_async(*arguments) }
  Careless.perform_async
  wait_until("the end of its tries") { list("deaths").size == 2 && Sidekiq::DeadSet.new.size == 1 }
  wait_until("nothing is tried again") { Sidekiq::RetrySet.new.size.zero? }
  show("attempts", redis { |connection| connection.hgetall("attempts") }.sort)
  show("exhausted", [list("exhausted"), list("deaths").sort])
  dead = Sidekiq::DeadSet.new.first
  show("dead", [dead.klass, dead.args, dead["error_message"], dead["error_class"], dead["retry_count"], dead.error_backtrace&.size])
  redis { |connection| connection.hset("attempts", "always", 1000) }
  dead.retry
  wait_until("what had died") { redis { |connection| connection.hget("attempts", "always") } == "1001" }
  wait_until("all failures are counted") { Sidekiq::Stats.new.failed == 9 }
  show("dead", Sidekiq::DeadSet.new.size)
end

def stopped(worker)
  Patient.perform_async
  wait_until("it has begun") { Sidekiq::WorkSet.new.any? { |_process, _thread, work| work["payload"]["class"] == "Patient" } }
  work = Sidekiq::WorkSet.new.map { |_process, _thread, one| one["queue"] }
  show("at work", work)
  worker.stop
  show("put back", [Sidekiq::Queue.new("default").map(&:klass), Sidekiq::ProcessSet.new.size])
  worker.start
  wait_until("done by another") { list("patience").any? }
  show("patience", list("patience"))
end

def looked_at
  history = Sidekiq::Stats::History.new(2)
  show("history", [history.processed.values.sum >= processed, history.failed.size])
  Sidekiq::ProcessSet.new.first.quiet!
  wait_until("quiet") { Sidekiq::ProcessSet.new.first["quiet"] == "true" && redis(&:info)["blocked_clients"] == "0" }
  Note.perform_async("quiet", 1)
  show("nobody takes it", [Sidekiq::Queue.new("critical").size, list("quiet")])
  show("cleared", [Sidekiq::Queue.new("critical").clear.is_a?(Array), Sidekiq::Queue.new("critical").size])
  Sidekiq::Stats.new.reset("failed")
  show("reset", Sidekiq::Stats.new.failed)
end

def left
  keys = redis { |connection| connection.scan_each.to_a }.uniq.grep_v(/^stat:|:work$|^[^:]*:\d+:/)
  show("left", keys.sort.map { |key| "#{key} #{redis { |connection| connection.type(key) }}" })
end

redis(&:flushall)
worker = nil
begin
  parts = { "before the worker": method(:before_the_worker), working: method(:working), scheduled: method(:scheduled),
            retried: method(:retried), stopped: -> { stopped(worker) }, "looked at": method(:looked_at) }
  parts.each do |name, part|
    puts "== #{name}"
    part.call
    worker ||= Worker.new
  end
  worker.stop
  left
  puts "done"
ensure
  worker&.kill
end
