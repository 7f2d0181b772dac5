# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trains on processors, one process per core with gradients averaged after each step; or on a GPU where there is one.

    python -m models.train --dataset DATASET --start yolo11n_coco.pt --run RUN --epochs 30

One thread per process: with several, every layer ends in a barrier, and on a busy machine each
barrier waits for the slowest core. Stopped runs go on from ``RUN/last.pt``.
"""

import argparse
import io
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from models import needed

if __name__ == "__main__":  # before the imports that would fail
    needed.need(needed.TRAINING, needed.TRAINING_CURE)

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn

from models.feed import Feed, stacked
from models.loss import Loss
from models.network import from_coco, read_checkpoint
from models.network import load as load_network
from models.recipe import Recipe, alone
from models.revive import revive

CALIBRATION = 8  # batches that tell how strongly each layer answers, for weights that come from an export


class Average:
    """A slowly following copy of the weights; it is what gets exported."""

    def __init__(self, model: nn.Module) -> None:
        self.state = {k: v.clone() for k, v in model.state_dict().items()}
        self.steps = 0

    def follow(self, model: nn.Module) -> None:
        """Move towards the model, quickly at first."""
        self.steps += 1
        keep = 0.997 * (1 - math.exp(-self.steps / 80))
        for key, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[key].lerp_(value.detach(), 1 - keep)


def where() -> torch.device:
    """Return the device that trains: the first GPU, or the processor."""
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")  # any other way to ask leaves no GPU to forked workers
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def groups(model: nn.Module, rate: float) -> list[dict[str, Any]]:
    """Sort the weights: no decay for biases and norms, a third of the rate for the COCO backbone."""
    sorted_: dict[tuple[float, float], list[Tensor]] = {}
    for name, weight in model.named_parameters():
        if not weight.requires_grad or ".dfl." in name:
            continue
        pace = 0.33 if int(name.split(".")[1]) <= 10 else 1.0
        decay = 5e-4 if weight.ndim > 1 else 0.0
        sorted_.setdefault((pace, decay), []).append(weight)
    return [
        {"params": weights, "lr": rate * pace, "weight_decay": decay, "pace": pace}
        for (pace, decay), weights in sorted_.items()
    ]


def rate_at(progress: float, step: int, recipe: Recipe) -> float:
    """Return the learning rate: a linear warm-up, then half a cosine down to a fiftieth."""
    warm = min(1.0, (step + 1) / recipe.warm_up)
    return recipe.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


def freeze(model: Any, layers: int) -> None:
    """Leave the first layers as they are; five of them cost a third of a step."""
    for weight in model.parameters():
        weight.requires_grad_(weight.is_floating_point())
    for layer in model.model[:layers]:
        layer.eval()
        layer.requires_grad_(requires_grad=False)


def share_gradients(model: nn.Module) -> None:
    """Replace every worker's gradients by their mean."""
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in grads])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for grad, piece in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
        grad.copy_(piece.reshape(grad.shape))


def shared_buffers(model: nn.Module) -> None:
    """Average the running statistics of batch normalisation over the workers."""
    for buffer in model.buffers():
        if buffer.dtype.is_floating_point:
            dist.all_reduce(buffer)
            buffer.div_(dist.get_world_size())


class Trainer:
    """One worker's share of a run."""

    def __init__(self, rank: int, recipe: Recipe, feed: Feed, done: Tensor) -> None:
        self.rank, self.recipe, self.feed, self.done = rank, recipe, feed, done
        self.device = where()
        self.model = _starting(recipe, feed).to(self.device, memory_format=torch.channels_last).train()
        freeze(self.model, recipe.frozen)
        self.loss = Loss(self.model)
        self.optimizer = torch.optim.AdamW(groups(self.model, recipe.rate))
        self.average = Average(self.model)
        self.epoch, self.spent_s = 0, 0.0
        if (recipe.run / "last.pt").exists():
            self._resume(recipe.run / "last.pt")

    def run(self) -> None:
        """Train until the epochs or the minutes are used up."""
        while self.progress() < 1:
            started, before = time.monotonic(), self.spent_s
            losses = torch.zeros(3)
            for step in range(self.recipe.steps):
                losses += self._step(self.epoch * self.recipe.steps + step)
                self.spent_s = before + self._agreed(time.monotonic() - started)
                self.done[0] = max(self.progress(), (self.epoch + step / self.recipe.steps) / self.recipe.epochs)
                if self.spent_s > self.recipe.minutes * 60:
                    break
            shared_buffers(self.model)
            self.epoch += 1
            if self.rank == 0:
                try:
                    self._report(losses / (step + 1), self.spent_s - before, step + 1)
                    self._save()
                except OSError as error:
                    message = f"{self.recipe.run}: {error.strerror}; put that right, then start the training again"
                    raise ValueError(message) from error

    def progress(self) -> float:
        """Return how much of the run is done, 0..1, by epochs or by the clock."""
        return done_of(self.recipe, self.epoch, self.spent_s)

    def _step(self, number: int) -> Tensor:
        recipe = self.recipe
        rate = rate_at(self.progress(), number, recipe)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["pace"]
        pictures, learn, ignore = (part.to(self.device) for part in self._batch(number))
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            heads = self.model.forward(pictures)
        loss = self.loss(heads, learn, ignore, recipe.side)
        self.optimizer.zero_grad()
        loss.sum().backward()
        share_gradients(self.model)
        nn.utils.clip_grad_norm_(self.model.parameters(), 10.0 * recipe.batch)
        self.optimizer.step()
        self.average.follow(self.model)
        return loss.detach().cpu() / recipe.batch

    def _batch(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        recipe = self.recipe
        rng = np.random.default_rng([recipe.seed, number, self.rank])
        mosaics = recipe.mosaics if self.progress() < recipe.calm else 0.0
        dealt = [self.feed.deal(recipe.side, rng, mosaics=mosaics) for _ in range(recipe.batch)]
        pictures, learn, ignore = stacked(dealt)
        images = torch.from_numpy(pictures).float().div_(255)
        images = images.contiguous(memory_format=torch.channels_last)
        return images, torch.from_numpy(learn), torch.from_numpy(ignore)

    def _agreed(self, seconds: float) -> float:
        # The workers' clocks differ by a little; they must stop after the same step.
        told = torch.tensor([seconds], dtype=torch.float64)
        dist.broadcast(told, 0)
        return float(told)

    def _report(self, losses: Tensor, seconds: float, steps: int) -> None:
        speed = steps * self.recipe.batch * self.recipe.workers / seconds
        box, kind, spread = losses.tolist()
        line = (
            f"epoch {self.epoch} of {self.recipe.epochs}, {self.spent_s / 60:.1f} min, "
            f"{speed:.1f} img/s, box {box:.3f} class {kind:.3f} dfl {spread:.3f}"
        )
        with (self.recipe.run / "log.txt").open("a") as log:
            log.write(line + "\n")

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state,
            "averaged": self.average.steps,
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "spent_s": self.spent_s,
        }
        whole, fresh = io.BytesIO(), self.recipe.run / "next.pt"
        torch.save(state, whole)  # into a file it does not tell of a full disk
        try:
            fresh.write_bytes(whole.getbuffer())
            fresh.replace(self.recipe.run / "last.pt")
        finally:
            fresh.unlink(missing_ok=True)

    def _resume(self, path: Path) -> None:
        state = read_checkpoint(path)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.state = {key: value.to(self.device) for key, value in state["average"].items()}
        self.average.steps = state["averaged"]
        self.epoch, self.spent_s = state["epoch"], state["spent_s"]


def done_of(recipe: Recipe, epoch: int, spent_s: float) -> float:
    """Return how much of a run is done after so many epochs and seconds, 0..1: whichever is further."""
    return max(epoch / recipe.epochs, spent_s / (recipe.minutes * 60))


def is_over(recipe: Recipe) -> bool:
    """Return whether the run has a checkpoint that leaves nothing to do."""
    last = recipe.run / "last.pt"
    if not last.exists():
        return False
    state = read_checkpoint(last)
    return done_of(recipe, state["epoch"], state["spent_s"]) >= 1


def _starting(recipe: Recipe, feed: Feed) -> Any:
    torch.manual_seed(0)
    if recipe.start.suffix == ".onnx":
        return revive(recipe.start, _calm_pictures(recipe, feed))
    state = read_checkpoint(recipe.start, weights_only=False)
    return load_network(recipe.start) if "average" in state else from_coco(recipe.start)


def _calm_pictures(recipe: Recipe, feed: Feed) -> Iterator[Tensor]:
    rng = np.random.default_rng(recipe.seed)
    for _ in range(CALIBRATION):
        pictures, *_ = stacked([feed.deal(recipe.side, rng, mosaics=recipe.mosaics) for _ in range(recipe.batch)])
        yield torch.from_numpy(pictures).float().div_(255)


def work(rank: int, recipe: Recipe, feed: Feed, done: Tensor) -> None:
    """Run one worker; `done` is float32[1] in shared memory, the share of the run that is over."""
    # torch sends it when the parent has died; a shell has what it starts with & ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    torch.set_num_threads(1)
    meet = f"file://{(recipe.run / 'meet').resolve()}"
    dist.init_process_group("gloo", init_method=meet, rank=rank, world_size=recipe.workers)
    Trainer(rank, recipe, feed, done).run()
    dist.destroy_process_group()


class Run:
    """A run under way in processes of its own; the pictures are shared with them by forking.

    To be started before torch has computed anything here: its threads do not survive the fork.
    """

    def __init__(self, recipe: Recipe, feed: Feed) -> None:
        (recipe.run / "meet").unlink(missing_ok=True)
        if where().type == "cuda":  # one process keeps a GPU busy
            recipe = replace(recipe, workers=1)
        self._done = torch.zeros(1).share_memory_()
        given = (recipe, feed, self._done)
        self._workers: Any = mp.start_processes(work, given, nprocs=recipe.workers, join=False, start_method="fork")

    def wait(self, on_progress: Callable[[float], None]) -> None:
        """Return when the run is over; tell now and then which share of it is.

        A worker's fault is raised here; ValueError when it was one, such as weights that nothing can start from.
        """
        try:
            while not self._workers.join(timeout=1.0):
                on_progress(float(self._done))
        except mp.ProcessRaisedException as fault:  # knows of the fault no more than its traceback's text
            _, told, message = str(fault).strip().rpartition("\nValueError: ")
            if not told or "\n" in message:
                raise
            raise ValueError(message) from fault
        on_progress(1.0)


def main() -> None:
    """Read the options, load the pictures once, share them with the workers by forking."""
    parser = argparse.ArgumentParser(description="Train the detector on this machine's cores.")
    for option in ("--dataset", "--start", "--run"):
        parser.add_argument(option, type=Path, required=True)
    for option in ("epochs", "minutes", "side", "batch", "steps", "rate", "workers", "frozen", "seed"):
        standard = getattr(Recipe(Path(), Path()), option)
        parser.add_argument(f"--{option}", type=type(standard), default=standard)
    parser.add_argument("--without", nargs="*", default=[], help="sets to leave out")
    args = vars(parser.parse_args())
    with alone(args["run"]):
        feed = Feed(args.pop("dataset"), without=tuple(args.pop("without")))
        sys.stdout.write(f"{feed.sizes()}\n")
        sys.stdout.flush()
        Run(replace(Recipe(args.pop("start"), args.pop("run")), **args), feed).wait(lambda _: None)


if __name__ == "__main__":
    main()
