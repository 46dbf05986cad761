# The jobs of the program beside this file, as its worker process and the program itself load them. REDIS_URL names
# the server.
require "sidekiq"
require "sidekiq/fetch"
require "sidekiq/job_retry"
require "sidekiq/launcher"
require "sidekiq/scheduled"

Sidekiq.configure_server do |config|
  config.options[:poll_interval_average] = 0.05
  config.death_handlers << ->(job, error) { Sidekiq.redis { |redis| redis.rpush("deaths", "#{job["class"]}: #{error.message}") } }
end

# What Sidekiq does every few seconds so that many processes do not ask at once, or waits for.
{ Sidekiq::Launcher => [:BEAT_PAUSE, 0.1], Sidekiq::BasicFetch => [:TIMEOUT, 1] }.each do |where, (name, seconds)|
  where.send(:remove_const, name)
  where.const_set(name, seconds)
end

class Sidekiq::Scheduled::Poller
  def initial_wait; end
end

class Sidekiq::JobRetry
  def delay_for(_worker, count, _error) = 0.02 * (count + 1)
end

def record(key, value) = Sidekiq.redis { |redis| redis.rpush(key, value) }

class Square
  include Sidekiq::Worker

  def perform(number, text = nil)
    Sidekiq.redis { |redis| redis.incrby("sum", number * number) }
    record("texts", text) if text
  end
end

class Note
  include Sidekiq::Worker
  sidekiq_options queue: "critical"

  def perform(list, what) = record(list, what)
end

# Fails as often as it is told to.
class Flaky
  include Sidekiq::Worker
  sidekiq_options retry: 3, backtrace: 2
  sidekiq_retries_exhausted { |job, _error| record("exhausted", job["args"].first) }

  def perform(name, failures)
    attempt = Sidekiq.redis { |redis| redis.hincrby("attempts", name, 1) }
    raise "attempt #{attempt} of #{name}" if attempt <= failures
  end
end

class Careless
  include Sidekiq::Worker
  sidekiq_options retry: false

  def perform = raise("never again")
end

# Works until its process is told to stop, the first time.
class Patient
  include Sidekiq::Worker

  def perform
    first = Sidekiq.redis { |redis| redis.incr("patient") } == 1
    sleep(first ? 600 : 0)
    record("patience", "rewarded")
  end
end
