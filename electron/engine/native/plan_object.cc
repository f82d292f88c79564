#include "plan_object.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "failure.h"
#include "graph_reader.h"
#include "plan.h"

namespace gptlab {
namespace {

/** A failure as a JavaScript error with `code` and `details`, which engine.ts turns into a LabFailure. */
Napi::Error error_of(Napi::Env env, const Failure& failure) {
  const Napi::Error error = Napi::Error::New(env, failure.message);
  Napi::Object details = Napi::Object::New(env);
  for (const auto& [name, value] : failure.numbers) details.Set(name, value);
  for (const auto& [name, value] : failure.texts) details.Set(name, value);
  error.Value().Set("code", failure.code);
  error.Value().Set("details", details);
  return error;
}

/** One call: the work is done on the driver thread, everything of JavaScript before and after on the main thread. */
struct Job {
  explicit Job(Napi::Env env) : promise(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise::Deferred promise;
  std::function<void()> work;
  /** The promise's value, once the work is done. */
  std::function<Napi::Value(Napi::Env)> answer;
  std::unique_ptr<Failure> failure;
  /** Arrays that the work reads or fills. */
  std::vector<Napi::ObjectReference> held;
};

class PlanObject : public Napi::ObjectWrap<PlanObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Plan",
                       {InstanceAccessor<&PlanObject::bytes>("bytes"), InstanceAccessor<&PlanObject::outputs>("outputs"), InstanceMethod<&PlanObject::train>("train"), InstanceMethod<&PlanObject::evaluate>("evaluate"),
                        InstanceMethod<&PlanObject::output>("output"), InstanceMethod<&PlanObject::gradients>("gradients"),
                        InstanceMethod<&PlanObject::generate>("generate"), InstanceMethod<&PlanObject::decode>("decode"), InstanceMethod<&PlanObject::read>("read"), InstanceMethod<&PlanObject::write>("write"),
                        InstanceMethod<&PlanObject::close>("close")});
  }

  explicit PlanObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlanObject>(info), env_(info.Env()) {
    try {
      plan_ = std::make_unique<Plan>(read_graph(info[0].As<Napi::Object>()), read_options(info[1].As<Napi::Object>()));
    } catch (const Failure& failure) {
      throw error_of(info.Env(), failure);
    }
    answers_ = Napi::ThreadSafeFunction::New(env_, Napi::Function::New(env_, [](const Napi::CallbackInfo&) {}), "gptlab plan", 0, 1);
    answers_.Unref(env_);
    // Hooks run in reverse order: the driver has stopped before the queue of answers is torn down.
    napi_add_env_cleanup_hook(env_, &PlanObject::tear_down, this);
    driver_ = std::thread([this] { drive(); });
  }

  ~PlanObject() override {
    if (!torn_down_) napi_remove_env_cleanup_hook(env_, &PlanObject::tear_down, this);
    stop();
    if (!torn_down_) answers_.Release();
  }

 private:
  // --- the driver thread ---

  void drive() {
    for (;;) {
      std::unique_ptr<Job> job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        job = std::move(queue_.front());
        queue_.pop_front();
      }
      try {
        job->work();
      } catch (const Failure& failure) {
        job->failure = std::make_unique<Failure>(failure);
      } catch (const std::exception& error) {
        job->failure = std::make_unique<Failure>("internal", error.what());
      }
      Job* const done = job.release();
      const auto answer = [this](Napi::Env env, Napi::Function, Job* finished) { settle(env, finished); };
      // An environment that is going away takes no answers; the promise dies with it.
      if (stopping_ || answers_.NonBlockingCall(done, answer) != napi_ok) return;
    }
  }

  // --- the main thread ---

  void settle(Napi::Env env, Job* finished) {
    const std::unique_ptr<Job> job(finished);
    Napi::HandleScope scope(env);
    if (--waiting_ == 0) {
      answers_.Unref(env);
      Unref();
    }
    if (job->failure) return job->promise.Reject(error_of(env, *job->failure).Value());
    try {
      job->promise.Resolve(job->answer(env));
    } catch (const Napi::Error& error) {
      job->promise.Reject(error.Value());
    }
  }

  Napi::Value submit(Napi::Env env, std::unique_ptr<Job> job) {
    const Napi::Promise promise = job->promise.Promise();
    if (closing_) {
      job->promise.Reject(error_of(env, Failure("engine-closed", "Expected an open plan but this one has been closed.")).Value());
      return promise;
    }
    // Neither the loop nor this object may go away while a call is under way.
    if (waiting_++ == 0) {
      answers_.Ref(env);
      Ref();
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      queue_.push_back(std::move(job));
    }
    changed_.notify_one();
    return promise;
  }

  void stop() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    if (driver_.joinable()) driver_.join();
  }

  static void tear_down(void* object) {
    PlanObject* const self = static_cast<PlanObject*>(object);
    self->torn_down_ = true;
    self->stop();
    // Their references belong to an environment that is going away.
    for (auto& job : self->queue_) (void)job.release();
    self->plan_.reset();
  }

  std::function<bool()> stopped() {
    return [this] { return stopping_.load(std::memory_order_relaxed); };
  }

  Batch take_batch(const Napi::Value& value) const {
    const Napi::Array list = value.As<Napi::Array>();
    Batch batch(list.Length());
    for (uint32_t i = 0; i < list.Length(); i++) {
      const Napi::TypedArray array = list.Get(i).As<Napi::TypedArray>();
      if (array.TypedArrayType() == napi_int32_array) {
        const auto values = array.As<Napi::Int32Array>();
        batch[i].integers.assign(values.Data(), values.Data() + values.ElementLength());
      } else {
        const auto values = array.As<Napi::Float32Array>();
        batch[i].floats.assign(values.Data(), values.Data() + values.ElementLength());
      }
    }
    return batch;
  }

  /** Pointers to arrays that stay alive until the job is done. */
  template <class Pointer>
  static std::vector<Pointer> hold(Job& job, const Napi::Value& value) {
    const Napi::Array list = value.As<Napi::Array>();
    std::vector<Pointer> places;
    for (uint32_t i = 0; i < list.Length(); i++) {
      auto array = list.Get(i).As<Napi::Float32Array>();
      places.push_back(array.Data());
      job.held.push_back(Napi::ObjectReference::New(array, 1));
    }
    return places;
  }

  Napi::Value bytes(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), plan_ ? static_cast<double>(plan_->bytes()) : 0); }

  /** Columns of each output by its name; empty once closed. */
  Napi::Value outputs(const Napi::CallbackInfo& info) {
    Napi::Object columns = Napi::Object::New(info.Env());
    if (plan_)
      for (const auto& [name, count] : plan_->outputs()) columns.Set(name, static_cast<double>(count));
    return columns;
  }

  /** train(inputs, learningRates, losses, norms, watched, seen, length) → seconds */
  Napi::Value train(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    auto rates = info[1].As<Napi::Float64Array>(), losses = info[2].As<Napi::Float64Array>(), norms = info[3].As<Napi::Float64Array>();
    auto seen = info[5].As<Napi::Float32Array>();
    for (const auto& array : {rates, losses, norms}) job->held.push_back(Napi::ObjectReference::New(array, 1));
    job->held.push_back(Napi::ObjectReference::New(seen, 1));
    auto batch = std::make_shared<Batch>(take_batch(info[0]));
    auto seconds = std::make_shared<double>(0);
    job->work = [this, batch, seconds, rates = rates.Data(), losses = losses.Data(), norms = norms.Data(), steps = static_cast<int64_t>(rates.ElementLength()),
                 watched = info[4].ToString().Utf8Value(), seen = seen.Data(), length = info[6].ToNumber().Int64Value()] {
      const auto start = std::chrono::steady_clock::now();
      plan_->train(*batch, rates, steps, losses, norms, watched, seen, length, stopped());
      *seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    job->answer = [seconds](Napi::Env env) { return Napi::Number::New(env, *seconds); };
    return submit(info.Env(), std::move(job));
  }

  /** evaluate(inputs, losses) */
  Napi::Value evaluate(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    auto losses = info[1].As<Napi::Float64Array>();
    job->held.push_back(Napi::ObjectReference::New(losses, 1));
    auto batch = std::make_shared<Batch>(take_batch(info[0]));
    job->work = [this, batch, losses = losses.Data(), count = static_cast<int64_t>(losses.ElementLength())] { plan_->evaluate(*batch, count, losses, stopped()); };
    job->answer = [](Napi::Env env) { return env.Undefined(); };
    return submit(info.Env(), std::move(job));
  }

  /** output(inputs, name, length, out) */
  Napi::Value output(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    auto out = info[3].As<Napi::Float32Array>();
    job->held.push_back(Napi::ObjectReference::New(out, 1));
    auto batch = std::make_shared<Batch>(take_batch(info[0]));
    job->work = [this, batch, name = info[1].ToString().Utf8Value(), length = info[2].ToNumber().Int64Value(), out = out.Data(),
                 floats = static_cast<int64_t>(out.ElementLength())] { plan_->output(*batch, name, length, out, floats, stopped()); };
    job->answer = [](Napi::Env env) { return env.Undefined(); };
    return submit(info.Env(), std::move(job));
  }

  /** gradients(inputs, places) → loss */
  Napi::Value gradients(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    auto places = hold<float*>(*job, info[1]);
    auto batch = std::make_shared<Batch>(take_batch(info[0]));
    auto loss = std::make_shared<double>(0);
    job->work = [this, batch, loss, places] {
      *loss = plan_->gradients(*batch);
      plan_->read(Tensor::gradient, places);
    };
    job->answer = [loss](Napi::Env env) { return Napi::Number::New(env, *loss); };
    return submit(info.Env(), std::move(job));
  }

  /** generate({ prompts, maxTokens, temperature, seed, endTokens }) → { tokens, logProbabilities, seconds } */
  Napi::Value generate(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    const Napi::Object object = info[0].As<Napi::Object>();
    auto options = std::make_shared<GenerateOptions>();
    const auto integers = [](const Napi::Value& value) {
      const auto array = value.As<Napi::Int32Array>();
      return std::vector<int32_t>(array.Data(), array.Data() + array.ElementLength());
    };
    const Napi::Array prompts = object.Get("prompts").As<Napi::Array>();
    for (uint32_t i = 0; i < prompts.Length(); i++) options->prompts.push_back(integers(prompts.Get(i)));
    options->end_tokens = integers(object.Get("endTokens"));
    options->max_tokens = object.Get("maxTokens").ToNumber().Int64Value();
    options->temperature = object.Get("temperature").ToNumber().DoubleValue();
    options->seed = static_cast<uint64_t>(object.Get("seed").ToNumber().Int64Value());
    auto made = std::make_shared<Generated>();
    auto seconds = std::make_shared<double>(0);
    job->work = [this, options, made, seconds] {
      const auto start = std::chrono::steady_clock::now();
      *made = plan_->generate(*options, stopped());
      *seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    job->answer = [made, seconds](Napi::Env env) -> Napi::Value {
      Napi::Object answer = Napi::Object::New(env);
      Napi::Array tokens = Napi::Array::New(env), logs = Napi::Array::New(env);
      for (uint32_t i = 0; i < made->tokens.size(); i++) {
        auto stream = Napi::Int32Array::New(env, made->tokens[i].size());
        std::copy(made->tokens[i].begin(), made->tokens[i].end(), stream.Data());
        tokens.Set(i, stream);
        auto log = Napi::Float32Array::New(env, made->log_probabilities[i].size());
        std::copy(made->log_probabilities[i].begin(), made->log_probabilities[i].end(), log.Data());
        logs.Set(i, log);
      }
      answer.Set("tokens", tokens);
      answer.Set("logProbabilities", logs);
      answer.Set("seconds", *seconds);
      return answer;
    };
    return submit(info.Env(), std::move(job));
  }

  /** decode(streams, positions, tokens, out) */
  Napi::Value decode(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    const auto copy = [](const Napi::Value& value) {
      const auto array = value.As<Napi::Int32Array>();
      return std::vector<int32_t>(array.Data(), array.Data() + array.ElementLength());
    };
    auto rows = std::make_shared<DecodeRows>(DecodeRows{copy(info[0]), copy(info[1]), copy(info[2])});
    auto out = info[3].As<Napi::Float32Array>();
    job->held.push_back(Napi::ObjectReference::New(out, 1));
    job->work = [this, rows, out = out.Data()] { plan_->decode(*rows, out, stopped()); };
    job->answer = [](Napi::Env env) { return env.Undefined(); };
    return submit(info.Env(), std::move(job));
  }

  /** read(values, firstMoments | null, secondMoments | null) → step */
  Napi::Value read(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    std::vector<std::pair<Tensor, std::vector<float*>>> tensors;
    for (size_t i = 0; i < 3; i++)
      if (info[i].IsArray()) tensors.emplace_back(kStateTensors[i], hold<float*>(*job, info[i]));
    auto step = std::make_shared<double>(0);
    job->work = [this, tensors, step] {
      for (const auto& [tensor, places] : tensors) plan_->read(tensor, places);
      *step = static_cast<double>(plan_->step());
    };
    job->answer = [step](Napi::Env env) { return Napi::Number::New(env, *step); };
    return submit(info.Env(), std::move(job));
  }

  /** write(values, firstMoments | null, secondMoments | null, step | null) */
  Napi::Value write(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    std::vector<std::pair<Tensor, std::vector<const float*>>> tensors;
    for (size_t i = 0; i < 3; i++)
      if (info[i].IsArray()) tensors.emplace_back(kStateTensors[i], hold<const float*>(*job, info[i]));
    const int64_t step = info[3].IsNumber() ? info[3].ToNumber().Int64Value() : -1;
    job->work = [this, tensors, step] {
      for (const auto& [tensor, places] : tensors) plan_->write(tensor, places);
      if (step >= 0) plan_->set_step(step);
    };
    job->answer = [](Napi::Env env) { return env.Undefined(); };
    return submit(info.Env(), std::move(job));
  }

  /** Frees threads and memory after the calls that were made before. */
  Napi::Value close(const Napi::CallbackInfo& info) {
    auto job = std::make_unique<Job>(info.Env());
    if (closing_) {
      job->promise.Resolve(info.Env().Undefined());
      return job->promise.Promise();
    }
    job->work = [this] { plan_.reset(); };
    job->answer = [this](Napi::Env env) {
      stop();
      return env.Undefined();
    };
    const Napi::Value promise = submit(info.Env(), std::move(job));
    closing_ = true;
    return promise;
  }

  static constexpr Tensor kStateTensors[] = {Tensor::value, Tensor::first_moment, Tensor::second_moment};

  const napi_env env_;
  std::unique_ptr<Plan> plan_;
  Napi::ThreadSafeFunction answers_;
  std::thread driver_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Job>> queue_;
  std::atomic<bool> stopping_{false};
  // Main thread only.
  int waiting_ = 0;
  bool closing_ = false;
  bool torn_down_ = false;
};

}  // namespace

void define_plan(Napi::Env env) { env.SetInstanceData(new Napi::FunctionReference(Napi::Persistent(PlanObject::define(env)))); }

Napi::Value compile(const Napi::CallbackInfo& info) { return info.Env().GetInstanceData<Napi::FunctionReference>()->New({info[0], info[1]}); }

}  // namespace gptlab
