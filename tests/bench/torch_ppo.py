"""The peer of `gptlab bench ppo`: the same loop of PPO in plain PyTorch, with cached decoding.

Reads lines of JSON. The first says what the models are, and files with their values (float32) and prompts
(int32). Then each line asks for something: {"check": ...} learns from given answers in a given order and
answers with the losses; {"iterate": n} runs whole iterations and answers with the seconds of their parts.
"""
import json
import math
import sys
import time

import numpy
import torch
from torch.nn import functional as F


def read_parameters(path, shapes, trained):
    values = torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32))
    parameters, offset = {}, 0
    for name, shape in shapes:
        size = math.prod(shape)
        parameters[name] = values[offset : offset + size].view(shape).clone().requires_grad_(trained)
        offset += size
    return parameters


def layer_norm(p, name, x):
    return F.layer_norm(x, (x.shape[-1],), p[name + ".weight"], p.get(name + ".bias"), 1e-5)


def linear(p, name, x):
    return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))


def trunk(p, config, tokens, caches=None, start=0):
    """Final norm of every position. With caches, `tokens` follow `start` positions that the caches hold."""
    batch, length = tokens.shape
    heads, channels = config["heads"], config["channels"]
    x = p["transformer.wte.weight"][tokens] + p["transformer.wpe.weight"][start : start + length]
    mask = torch.ones(length, length, dtype=torch.bool).triu(1) if length > 1 else None
    for layer in range(config["layers"]):
        h = f"transformer.h.{layer}"
        q, k, v = (
            part.view(batch, length, heads, channels // heads).transpose(1, 2)
            for part in linear(p, h + ".attn.c_attn", layer_norm(p, h + ".ln_1", x)).split(channels, dim=2)
        )
        if caches is not None:
            keys, values = caches[layer]
            keys[:, :, start : start + length] = k
            values[:, :, start : start + length] = v
            k, v = keys[:, :, : start + length], values[:, :, : start + length]
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(channels // heads))
        if mask is not None:
            scores = scores.masked_fill(mask, float("-inf"))
        y = (F.softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(batch, length, channels)
        x = x + linear(p, h + ".attn.c_proj", y)
        x = x + linear(p, h + ".mlp.c_proj", F.gelu(linear(p, h + ".mlp.c_fc", layer_norm(p, h + ".ln_2", x))))
    return layer_norm(p, "transformer.ln_f", x)


def logits_of(p, x):
    return F.linear(x, p["transformer.wte.weight"])


class Loop:
    def __init__(self, setup):
        self.setup, self.config = setup, setup["config"]
        names = setup["models"]
        self.policy = read_parameters(names["policy"]["path"], names["policy"]["shapes"], True)
        self.value = read_parameters(names["value"]["path"], names["value"]["shapes"], True)
        self.reference = read_parameters(names["policy"]["path"], names["policy"]["shapes"], False)
        self.reward = read_parameters(names["value"]["path"], names["value"]["shapes"], False)
        self.optimisers = [self.optimiser(self.policy), self.optimiser(self.value)]
        prompts = torch.from_numpy(numpy.fromfile(setup["prompts"], dtype=numpy.int32)).long()
        self.prompts = prompts.view(setup["rollouts"], setup["promptLength"])
        self.generator = torch.Generator().manual_seed(1)

    def optimiser(self, parameters):
        return torch.optim.AdamW(
            parameters.values(), lr=self.setup["learningRate"], weight_decay=0.0, **({"foreach": True} if self.setup["foreach"] else {})
        )

    @torch.inference_mode()
    def roll_out(self):
        """Answers of `responseLength` tokens to all prompts at once, keys and values cached."""
        count, prompt = self.prompts.shape
        config, length = self.config, self.setup["responseLength"]
        shape = (count, config["heads"], prompt + length, config["channels"] // config["heads"])
        caches = [(torch.empty(shape), torch.empty(shape)) for _ in range(config["layers"])]
        responses = torch.empty(count, length, dtype=torch.long)
        logs = torch.empty(count, length)
        tokens, start = self.prompts, 0
        for step in range(length):
            last = trunk(self.policy, config, tokens, caches, start)[:, -1]
            start += tokens.shape[1]
            log_p = F.log_softmax(logits_of(self.policy, last) / self.setup["temperature"], dim=-1)
            tokens = torch.multinomial(log_p.exp(), 1, generator=self.generator)
            responses[:, step] = tokens[:, 0]
            logs[:, step] = log_p.gather(1, tokens)[:, 0]
        return responses, logs

    def log_probabilities(self, p, sequences):
        """Of the responses only: nothing else needs logits."""
        prompt = self.setup["promptLength"]
        x = trunk(p, self.config, sequences[:, :-1])[:, prompt - 1 :]
        log_p = F.log_softmax(logits_of(p, x) / self.setup["temperature"], dim=-1)
        return log_p.gather(2, sequences[:, prompt:, None])[:, :, 0]

    def values_of(self, p, sequences):
        x = trunk(p, self.config, sequences[:, :-1])[:, self.setup["promptLength"] - 1 :]
        return linear(p, "score", x)[:, :, 0]

    @torch.inference_mode()
    def experience(self, responses, old):
        s = self.setup
        sequences = torch.cat([self.prompts, responses], dim=1)
        if old is None:
            old = self.log_probabilities(self.policy, sequences)
        kl = old - self.log_probabilities(self.reference, sequences)
        values = self.values_of(self.value, sequences)
        closing = torch.tensor([s["endToken"], s["rewardToken"]]).expand(len(sequences), 2)
        judged = trunk(self.reward, self.config, torch.cat([sequences, closing], dim=1))[:, -1]
        scores = linear(self.reward, "score", judged)[:, 0] - s["penalty"]
        rewards = -s["beta"] * kl
        rewards[:, -1] += scores
        advantages, later = torch.empty_like(rewards), torch.zeros(len(rewards))
        length = rewards.shape[1]
        for t in reversed(range(length)):
            following = values[:, t + 1] if t + 1 < length else 0.0
            later = rewards[:, t] + s["gamma"] * following - values[:, t] + s["gamma"] * s["lambda"] * later
            advantages[:, t] = later
        returns = advantages + values
        advantages = (advantages - advantages.mean()) / torch.sqrt(advantages.var() + 1e-8)
        return sequences, old, values, advantages, returns, kl

    def learn(self, experience, orders):
        s, losses = self.setup, []
        sequences, old, old_values, advantages, returns, _ = (part.clone() for part in experience)
        for order in orders:
            for rows in torch.as_tensor(order).split(s["batch"]):
                ratio = torch.exp(self.log_probabilities(self.policy, sequences[rows]) - old[rows])
                a = advantages[rows]
                policy_loss = torch.max(-a * ratio, -a * ratio.clamp(1 - s["clip"], 1 + s["clip"])).mean()
                self.step(0, policy_loss)
                values = self.values_of(self.value, sequences[rows])
                before, wanted = old_values[rows], returns[rows]
                held = torch.max(torch.min(values, before + s["valueClip"]), before - s["valueClip"])
                value_loss = 0.5 * torch.max((values - wanted) ** 2, (held - wanted) ** 2).mean()
                self.step(1, value_loss)
                losses.append([policy_loss.item(), value_loss.item()])
        return losses

    def step(self, which, loss):
        parameters = (self.policy, self.value)[which]
        self.optimisers[which].zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), self.setup["gradientClip"])
        self.optimisers[which].step()

    def check(self, responses, orders):
        experience = self.experience(responses, None)
        return {"kl": experience[-1].sum(1).mean().item(), "losses": self.learn(experience, orders)}

    def iterate(self):
        start = time.perf_counter()
        responses, logs = self.roll_out()
        rolled = time.perf_counter()
        experience = self.experience(responses, logs)
        scored = time.perf_counter()
        count = len(responses)
        self.learn(experience, [torch.randperm(count, generator=self.generator) for _ in range(self.setup["epochs"])])
        return {"rollout": rolled - start, "scoring": scored - rolled, "update": time.perf_counter() - scored}


def main():
    setup = json.loads(sys.stdin.readline())
    torch.set_num_threads(setup["threads"])
    loop = Loop(setup)
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "check" in request:
            responses = torch.tensor(request["check"]["responses"])
            print(json.dumps(loop.check(responses, request["check"]["orders"])), flush=True)
        else:
            print(json.dumps(loop.iterate()), flush=True)


main()
