"""Nets with the weights of a moment, made to be asked. They never train, and a few of them are kept at hand."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeVar

import torch
from torch import Tensor

from lab.data import Dataset, Images, split
from lab.devices import computing_with, device_to_look
from lab.experiment import Experiment
from lab.models import Net, stream
from lab.probes import Specimen
from lab.probes.specimen import initial_net, net_to_fill
from lab.schedules import Progress

AT_HAND, MOST_AT_HAND = 256_000_000, 64
"""Bytes of the weights of all nets that are kept at hand, and their number."""
TOGETHER = 2
"""Nets that stay at hand whatever they have: those that were asked last, as many as a page shows beside each other."""

T = TypeVar("T")
Question = Callable[[Specimen], T]
"""Something to find out about a net. It may run it, and must not change it."""


@dataclass(eq=False)
class LoadedNet:
    """A net that answers one question at a time: some put hooks on it, or have its units do something else.

    It answers with one thread of the processor: for a picture, to wake others takes longer than they save, and they are
    for nets that train.
    """

    specimen: Specimen
    _asked: threading.RLock = field(default_factory=threading.RLock)

    def ask(self, question: Question[T]) -> T:
        """What it answers; waits for those who ask it now."""
        with self._asked, computing_with(1):
            return question(self.specimen)

    def answer_with(self, weights: Mapping[str, Tensor], slope: float, step: int, question: Question[T]) -> T:
        """What it answers with other weights, which it has from then on.

        Raises:
            RuntimeError: they are of another net.
        """
        with self._asked, computing_with(1):
            self.specimen.net.load_state_dict(weights)
            self.specimen = self.specimen._replace(slope=slope, step=step)
            return question(self.specimen)

    def copied(self) -> LoadedNet:
        """A net of its own with the same weights."""
        return LoadedNet(self.ask(Specimen.copied))

    @property
    def nbytes(self) -> int:
        """Of parameters and buffers."""
        return sum(value.nbytes for value in self.specimen.net.state_dict().values())


_Key = tuple["Nets", int | None]
"""Whose net, and the step of its weights; None for one whose weights change from question to question."""


class _AtHand:
    """The nets that were asked last, by what they are; all methods may be called from any thread."""

    def __init__(self) -> None:
        self._nets: OrderedDict[_Key, LoadedNet] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key) -> LoadedNet | None:
        with self._lock:
            if key in self._nets:
                self._nets.move_to_end(key)
            return self._nets.get(key)

    def put(self, key: _Key, net: LoadedNet) -> LoadedNet:
        with self._lock:
            self._nets[key] = net
            while len(self._nets) > TOGETHER and self._too_many():
                self._nets.popitem(last=False)
        return net

    def _too_many(self) -> bool:
        return len(self._nets) > MOST_AT_HAND or sum(net.nbytes for net in self._nets.values()) > AT_HAND

    def steps(self, of: Nets) -> list[int | None]:
        with self._lock:
            return [step for nets, step in self._nets if nets is of]


_at_hand = _AtHand()


_numbers = itertools.count()


class Nets:
    """The nets of one contestant at any moment of one start of its run.

    Args:
        experiment: what it trains.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.number = next(_numbers)
        """Tells them from all other nets of this process, also from those that are gone."""

    def initial(self) -> LoadedNet:
        """With the weights before the first step, drawn again from the seed."""
        if (there := self.at_hand(0)) is not None:
            return there
        net = initial_net(self.experiment, device_to_look(self.experiment.device))
        return _at_hand.put((self, 0), LoadedNet(self._with(net)))

    def at_hand(self, step: int | None) -> LoadedNet | None:
        """The net with the weights after a step, or the spare one for None, if it is still there."""
        return _at_hand.get((self, step))

    def steps_at_hand(self) -> list[int]:
        """Those whose weights are there."""
        return [step for step in _at_hand.steps(self) if step is not None]

    def loaded(self, weights: Mapping[str, Tensor], slope: float, step: int) -> LoadedNet:
        """A net with the weights after a step, to be found again under that.

        Raises:
            RuntimeError: they are of another net.
        """
        net = self._to_fill()
        net.answer_with(weights, slope, step, lambda _: None)
        return _at_hand.put((self, step), net)

    def fits(self, weights: Mapping[str, Tensor]) -> bool:
        """Whether a net of this kind can have them."""
        return self._shapes == {name: value.shape for name, value in weights.items()}

    def spare(self) -> LoadedNet:
        """A net for weights that change from question to question; it has none yet."""
        return self.at_hand(None) or _at_hand.put((self, None), self._to_fill())

    @property
    def first_slope(self) -> float:
        """Of the units before the first step."""
        steps, epochs = self.experiment.length()
        return self.experiment.slope.at(Progress(0, steps, 0.0, epochs))

    @cached_property
    def _shapes(self) -> dict[str, torch.Size]:
        with torch.device("meta"):
            net = self.experiment.architecture.net()
        return {name: value.shape for name, value in net.state_dict().items()}

    def _to_fill(self) -> LoadedNet:
        return LoadedNet(self._with(net_to_fill(self.experiment, device_to_look(self.experiment.device))))

    def _with(self, net: Net) -> Specimen:
        experiment = self.experiment
        images = experiment.dataset.images()  # loaded once a process
        held_out = _validation(experiment.dataset, images, experiment.seed, experiment.subset)
        scale = experiment.architecture.normalization(images)
        tests = images.test, images.test_labels
        return Specimen(experiment, net.eval(), *held_out, scale, self.first_slope, 0, *tests)


@lru_cache(maxsize=8)
def _validation(dataset: Dataset, images: Images, seed: int, subset: int | None) -> tuple[Tensor, Tensor]:
    """The validation images of a run and their labels: the same for all of its nets."""
    chosen = split(dataset, images, stream(seed, "split"), subset).validation
    return images.train[chosen], images.train_labels[chosen]
