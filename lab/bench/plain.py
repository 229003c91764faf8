"""Training as the sources write it: torchvision's dataset and transforms, a DataLoader, and a loop in float32.

Nothing here is used by the lab itself. It is what the lab's engine is measured against, so it is kept as one would
write it by hand: the sources' nets, their autograd functions and their optimizers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, SubsetRandomSampler

from lab.data import DataError, Dataset, data_folder

BATCH = 64
TEST_BATCH = 1000

Batch = tuple[Tensor, Tensor]
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


class STEFunction(torch.autograd.Function):
    """The straight-through estimator of sources 000 and 001."""

    @staticmethod
    def forward(ctx: Any, input: Tensor) -> Tensor:
        return (input > 0).float()

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        return F.hardtanh(grad_output)


class StraightThroughEstimator(nn.Module):
    """Its module."""

    def forward(self, x: Tensor) -> Tensor:
        return STEFunction.apply(x)


class RoundST(torch.autograd.Function):
    """Rounding forward, identity backward: source 003."""

    @staticmethod
    def forward(ctx: Any, input: Tensor) -> Tensor:
        return torch.round(input)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        return grad_output


class DeterministicBinaryActivation(nn.Module):
    """A rounded hard sigmoid: source 003."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.Hardtanh()

    def forward(self, x: Tensor, slope: float) -> Tensor:
        return RoundST.apply((self.act(slope * x) + 1.0) / 2.0)


class PlainMLP(nn.Module):
    """784-64-10 with the last answer's binary units: source 000."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, 64)
        self.fc2 = nn.Linear(64, 10)
        self.binary = StraightThroughEstimator()
        nn.init.xavier_normal_(self.fc1.weight)
        nn.init.xavier_normal_(self.fc2.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.binary(self.fc1(x.view(-1, 28 * 28)))
        return F.log_softmax(self.fc2(x), dim=1)


class PlainConvNet(nn.Module):
    """Two convolutions, both binary: source 003."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.MaxPool2d(2))
        self.act1 = DeterministicBinaryActivation()
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 5, padding=2), nn.BatchNorm2d(32), nn.MaxPool2d(2))
        self.act2 = DeterministicBinaryActivation()
        self.fc = nn.Linear(7 * 7 * 32, 10)

    def forward(self, x: Tensor, slope: float = 1.0) -> Tensor:
        x = self.act1(self.layer1(x), slope)
        x = self.act2(self.layer2(x), slope)
        return F.log_softmax(self.fc(x.flatten(1)), dim=1)


class PlainAutoencoder(nn.Module):
    """28x28 pixels to 512 bits and back: source 001."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 64, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(64, 128, 4, stride=2, padding=1), nn.BatchNorm2d(128), nn.ReLU(),
            nn.Conv2d(128, 256, 4, stride=2, padding=1), nn.BatchNorm2d(256), nn.ReLU(),
            nn.Conv2d(256, 512, 4, stride=2, padding=1), nn.BatchNorm2d(512), nn.ReLU(),
            StraightThroughEstimator(),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(512, 256, 5, stride=2, padding=1), nn.BatchNorm2d(256), nn.ReLU(),
            nn.ConvTranspose2d(256, 128, 5, stride=2, padding=1), nn.BatchNorm2d(128), nn.ReLU(),
            nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
            nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))


def classified(net: nn.Module, data: Tensor, target: Tensor) -> Tensor:
    """The loss of sources 000 and 003."""
    return F.nll_loss(net(data), target)


def reconstructed(net: nn.Module, data: Tensor, target: Tensor) -> Tensor:
    """The loss of source 001."""
    return F.mse_loss(net(data), data)


def require_mnist() -> Dataset:
    """The images of every benchmark.

    Raises:
        DataError: they are not in the data folder; nothing is downloaded.
    """
    dataset = Dataset.members["mnist"]()
    if not dataset.present():
        raise DataError(f"Benchmarks need MNIST, which is not in {data_folder()}; set LAB_DATA to a folder with it.")
    return dataset


def loader(train: bool, scale: tuple[float, float], indices: Tensor | None, seed: int) -> DataLoader[Batch]:
    """MNIST from the data folder in batches, in this process, as the sources load it.

    Args:
        train: the training images, or the test images.
        scale: (mean, std) for `Normalize`.
        indices: the images to serve in random order; None serves all of them in order.
        seed: seed of the order.

    Raises:
        DataError: MNIST is not in the data folder.
    """
    from torchvision import datasets, transforms

    require_mnist()
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((scale[0],), (scale[1],))])
    dataset = datasets.MNIST(str(data_folder()), train=train, transform=transform)
    if indices is None:
        return DataLoader(dataset, batch_size=TEST_BATCH, num_workers=0)
    sampler = SubsetRandomSampler(indices.tolist(), generator=torch.Generator().manual_seed(seed))
    return DataLoader(dataset, batch_size=BATCH, sampler=sampler, num_workers=0)


def train(
    net: nn.Module, optimizer: torch.optim.Optimizer, loss_of: Loss, batches: DataLoader[Batch]
) -> Iterator[tuple[int, float]]:
    """One epoch of the sources' loop; gives the images and the loss of each step."""
    net.train()
    for data, target in batches:
        optimizer.zero_grad()
        loss = loss_of(net, data, target)
        loss.backward()
        optimizer.step()
        yield len(data), loss.item()


@torch.no_grad()
def test(net: nn.Module, batches: DataLoader[Batch]) -> float:
    """Accuracy in percent on the batches, or the mean squared error where the net gives pictures."""
    net.eval()
    total, images = 0.0, 0
    for data, target in batches:
        output = net(data)
        if output.shape == data.shape:
            total += float(F.mse_loss(output, data)) * len(data)
        else:
            total += 100 * float((output.argmax(1) == target).sum())
        images += len(data)
    return total / images
