// A pool of threads that share one loop. The C interface lends none of the library's own: these sleep while the library computes, and the
// calling thread works with them. Where loops follow each other closely, threads look for the next one for a moment before they sleep: being woken takes as long
// as a small loop.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

class Threads {
 public:
  // As many as TF_NUM_INTRAOP_THREADS says, else as there are cores. It lives as long as the process: nothing waits for it at the end.
  static Threads& shared() {
    static Threads* pool = new Threads;
    return *pool;
  }

  // Calls work(context, i) for each i below total and returns after the last. Whoever is free takes the next: a thread that the machine
  // has no core for holds nobody up.
  void run(void (*work)(void*, int), void* context, int total) {
    auto job = std::make_shared<Job>(work, context, total);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = job;
      ++round_;
    }
    begin_.notify_all();
    help(*job);
    if (soon([&] { return job->done == total; })) return;
    std::unique_lock<std::mutex> lock(mutex_);
    end_.wait(lock, [&] { return job->done == total; });
  }

 private:
  // in microseconds. The small ResNet's step in bfloat16 takes 1.07 times as long without
  static constexpr int kAwake = 200;

  struct Job {
    Job(void (*work)(void*, int), void* context, int total) : work(work), context(context), total(total) {}
    void (*work)(void*, int);
    void* context;
    int total;
    std::atomic<int> next{0}, done{0};
  };

  Threads() {
    const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int number = asked ? std::atoi(asked) : 0;
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    const int count = number > 0 ? number : cores > 0 ? cores : 1;
    for (int i = 1; i < count; ++i) std::thread([this] { serve(); }).detach();
  }

  void help(Job& job) {
    for (int i = job.next++; i < job.total; i = job.next++) {
      job.work(job.context, i);
      if (++job.done == job.total) {
        std::lock_guard<std::mutex> lock(mutex_);
        end_.notify_all();
      }
    }
  }

  // Waits awake, but not for long: others may want the core.
  template <class Condition>
  static bool soon(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(kAwake);
    do {
      for (int i = 0; i < 32; ++i) {
        if (condition()) return true;
        __builtin_ia32_pause();
      }
    } while (std::chrono::steady_clock::now() < end);
    return false;
  }

  void serve() {
    bool close = false;
    for (uint64_t seen = 0;;) {
      std::shared_ptr<Job> job;
      const auto idle = std::chrono::steady_clock::now();
      if (close) soon([&] { return round_ != seen; });
      {
        std::unique_lock<std::mutex> lock(mutex_);
        begin_.wait(lock, [&] { return round_ != seen; });
        seen = round_;
        job = job_;
      }
      // after a long pause the library was at work, and would lack the core
      close = std::chrono::steady_clock::now() - idle < std::chrono::microseconds(kAwake);
      help(*job);
    }
  }

  std::mutex mutex_;
  std::condition_variable begin_, end_;
  std::shared_ptr<Job> job_;
  std::atomic<uint64_t> round_{0};
};
