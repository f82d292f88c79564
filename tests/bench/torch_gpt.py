"""The peer of `gptlab bench train`: the same GPT in plain PyTorch, as nanoGPT writes it.

Reads lines of JSON. The first says what to train: config, optimiser, learning rate, batch, loss, the
names and shapes of the parameters, and files with their values (float32) and with tokens and targets
(int32). Each further line asks for a number of steps; the answer has their seconds and losses.
"""
import json
import math
import sys
import time

import numpy
import torch
from torch.nn import functional as F


def read_parameters(setup):
    values = torch.from_numpy(numpy.fromfile(setup["parameters"], dtype=numpy.float32))
    parameters, offset = {}, 0
    for name, shape in setup["shapes"]:
        size = math.prod(shape)
        parameters[name] = values[offset : offset + size].view(shape).clone().requires_grad_(True)
        offset += size
    return parameters


def read_tokens(path):
    return torch.from_numpy(numpy.fromfile(path, dtype=numpy.int32)).long()


def layer_norm(p, name, x):
    return F.layer_norm(x, (x.shape[-1],), p[name + ".weight"], p.get(name + ".bias"), 1e-5)


def linear(p, name, x):
    return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))


def attention(p, name, x, heads, mask):
    batch, length, channels = x.shape
    q, k, v = (
        part.view(batch, length, heads, channels // heads).transpose(1, 2)
        for part in linear(p, name + ".c_attn", x).split(channels, dim=2)
    )
    scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
    y = F.softmax(scores.masked_fill(mask, float("-inf")), dim=-1) @ v
    return linear(p, name + ".c_proj", y.transpose(1, 2).contiguous().view(batch, length, channels))


def loss_of(p, config, tokens, targets, last):
    length = tokens.shape[1]
    mask = torch.ones(length, length, dtype=torch.bool).triu(1)
    x = p["transformer.wte.weight"][tokens] + p["transformer.wpe.weight"][:length]
    for layer in range(config["layers"]):
        h = f"transformer.h.{layer}"
        x = x + attention(p, h + ".attn", layer_norm(p, h + ".ln_1", x), config["heads"], mask)
        x = x + linear(p, h + ".mlp.c_proj", F.gelu(linear(p, h + ".mlp.c_fc", layer_norm(p, h + ".ln_2", x))))
    if last:
        # The loss is read at the last position: nothing else needs logits.
        x, targets = x[:, -1:], targets[:, -1:]
    logits = layer_norm(p, "transformer.ln_f", x) @ p["transformer.wte.weight"].t()
    return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1))


def main():
    setup = json.loads(sys.stdin.readline())
    torch.set_num_threads(setup["threads"])
    p = read_parameters(setup)
    decayed = set(setup["decayed"])
    o = setup["optimiser"]
    optimiser = torch.optim.AdamW(
        [
            {"params": [value for name, value in p.items() if name in decayed], "weight_decay": o["weightDecay"]},
            {"params": [value for name, value in p.items() if name not in decayed], "weight_decay": 0.0},
        ],
        lr=setup["learningRate"],
        betas=(o["beta1"], o["beta2"]),
        eps=o["epsilon"],
        **({"foreach": setup["foreach"]} if setup["foreach"] else {}),
    )
    shape = (-1, setup["batch"], setup["config"]["context"])
    tokens, targets = read_tokens(setup["tokens"]).view(shape), read_tokens(setup["targets"]).view(shape)
    print(json.dumps({"version": torch.__version__}), flush=True)

    step = 0
    for line in sys.stdin:
        count, losses = json.loads(line)["steps"], []
        start = time.perf_counter()
        for _ in range(count):
            index = step % len(tokens)
            loss = loss_of(p, setup["config"], tokens[index], targets[index], setup["loss"] == "last")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            if o["clip"] > 0:
                torch.nn.utils.clip_grad_norm_(p.values(), o["clip"])
            optimiser.step()
            losses.append(loss.item())
            step += 1
        print(json.dumps({"seconds": time.perf_counter() - start, "losses": losses}), flush=True)


main()
