"""Tasks as methods will write them: one with dropout and batch normalisation, one of two adversaries."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from trainers.training.masked_losses import squared_error
from trainers.training.predicting import predict
from trainers.training.task import Exported, ExportedNetwork, ParameterGroup, Step, Task, TaskOptions


class Blot(Task):
    """A small convolutional network that draws what it sees and keeps a mean when it is done."""

    class Options(TaskOptions, frozen=True, kw_only=True):
        """Keys of `[task]`."""

        spoil_at: int = -1

    def make_networks(self):
        channels = self.facts.inputs["crop"][0]
        body = nn.Sequential(
            nn.Conv2d(channels, 4, 3, stride=2),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(64, len(self.facts.aus)),
        )
        body.register_buffer("mean", torch.zeros(len(self.facts.aus)))
        return {"body": body}

    def losses(self, batch):
        intensity = self.networks["body"](batch.picture)
        self.seen = getattr(self, "seen", 0) + self.networks["body"].training
        spoilt = float("nan") if self.seen == self.options.spoil_at else 1.0
        return {
            "au": squared_error(intensity, batch.intensity) * spoilt,
            "size": intensity.square().mean(),
        }

    def weights(self, iteration):
        return {"size": 0.001}

    def predict(self, batch):
        return {"au_intensity": self.networks["body"](batch.picture).clamp(0, 5)}

    def pictures(self, examples):
        tiles = examples.picture[:4, 0].cpu().numpy()
        grey = ((tiles * 0.5 + 0.5) * 255).clip(0, 255).astype(np.uint8)
        return {"seen": np.repeat(np.hstack(list(grey))[:, :, None], 3, axis=2)}

    def finish(self, train):
        scores = predict(self, train)["au_intensity"]
        self.networks["body"].mean.copy_(torch.from_numpy(scores.mean(axis=0)))

    def export(self):
        class Ranged(nn.Module):
            def __init__(self, body):
                super().__init__()
                self.body = body

            def forward(self, crop):
                intensity = self.body(crop).clamp(0, 5)
                return intensity, intensity * 0.5

        groups = [
            {"name": name, "pitch": pitch, "model": "head.onnx", "outputs": {"au_intensity": output}}
            for name, pitch, output in (("up", [-90, 0], "high"), ("down", [0, 90], "low"))
        ]
        network = ExportedNetwork(Ranged(self.networks["body"]), ("high", "low"))
        return Exported({"head.onnx": network}, groups, self.facts.aus, files={"card.md": b"# Blot\n"})


class Duel(Task):
    """A player that guesses intensities and a judge that tells guesses from labels, turn by turn."""

    def make_networks(self):
        pixels = int(np.prod(self.facts.inputs["crop"]))
        count = len(self.facts.aus)
        return {
            "player": nn.Sequential(nn.Flatten(), nn.Linear(pixels, count)),
            "judge": nn.Sequential(nn.Linear(count, 8), nn.ReLU(), nn.Linear(8, 1)),
        }

    def __init__(self, *args):
        super().__init__(*args)
        self.pool = torch.zeros(4, len(self.facts.aus))
        self.log = []

    def optimisers(self):
        return {name: [ParameterGroup(network.parameters())] for name, network in self.networks.items()}

    def steps(self, iteration):
        if iteration % 3 < 2:
            return [Step("judge", self.judge_losses)]
        return [Step("player", self.player_losses)]

    def judge_losses(self, batch):
        self.log.append("judge")
        guess = self.networks["player"](batch.picture).detach()
        self.pool = torch.cat([self.pool, guess[:1]])[-4:]
        labels = batch.intensity.nan_to_num(0.0)
        apart = (
            self.networks["judge"](torch.cat([guess, self.pool])).mean()
            - self.networks["judge"](labels).mean()
        )
        return {"judge": apart + self.networks["judge"](labels).square().mean()}

    def player_losses(self, batch):
        self.log.append("player")
        guess = self.networks["player"](batch.picture)
        return {"au": squared_error(guess, batch.intensity), "fooled": -self.networks["judge"](guess).mean()}

    def weights(self, iteration):
        return {"fooled": 0.01}

    def predict(self, batch):
        return {"au_intensity": self.networks["player"](batch.picture).clamp(0, 5)}

    def extra_state(self):
        return {"pool": self.pool}

    def load_extra_state(self, state):
        self.pool = state["pool"]
