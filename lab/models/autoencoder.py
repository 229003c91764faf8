"""The convolutional autoencoder of source 001: a picture to a code of bits and back."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor, nn

from lab.estimators import Levels
from lab.models.convolutions import ConvLayer, conv_layers
from lab.models.layers import BatchNorm2d, BinaryUnits
from lab.models.net import Architecture, Net, Pixels
from lab.models.pixel import FromPixel, ToPixel


class Autoencoder(Architecture):
    """Four convolutions down to a binary code, four transposed ones back up."""

    name = "autoencoder"
    title = "Convolutional autoencoder"
    summary = "28 – 14 – 7 – 3 – 1: every picture becomes a code of bits, and a picture again. Pixels are in [-1, 1]."
    paper = "source 001"
    task: ClassVar[Literal["classification", "reconstruction"]] = "reconstruction"

    code_bits: int = Field(512, ge=1, le=4096)
    """Bits of the code."""
    relu: bool = Field(True, title="ReLU before the binarizer")
    """A ReLU in front of the binarizer, as in source 001. It blocks the gradient of every bit that is 0, whatever the
    estimator says: the rule in effect is then 'ReLU backward'. Without it the estimator decides alone."""
    levels: Levels = "0/1"
    """Values of a bit of the code."""

    @property
    def scale(self) -> Pixels:
        return "-1..1"

    @property
    def has_batch_norm(self) -> bool:
        return True

    @property
    def site_names(self) -> tuple[str, ...]:
        return ("code",)

    def net(self) -> Net:
        return AutoencoderNet(self)


class AutoencoderNet(Net):
    """The net of `Autoencoder`: (B, 1, 28, 28) in [-1, 1] to the same."""

    task = "reconstruction"

    def __init__(self, shape: Autoencoder) -> None:
        super().__init__()
        bits = shape.code_bits
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 64, 4, stride=2, padding=1),
            nn.ReLU(),
            *_down(64, 128),
            *_down(128, 256),
            *_down(256, bits, ToPixel)[: 3 if shape.relu else 2],
            BinaryUnits(self.stage, shape.levels),
        )
        self.decoder = nn.Sequential(
            *_up(bits, 256, 5, FromPixel),
            *_up(256, 128, 5),
            *_up(128, 64, 4),
            nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def encode(self, x: Tensor) -> Tensor:
        """The code of pictures (B, 1, 28, 28): (B, bits, 1, 1) in the levels of the code."""
        return self.encoder(x)

    def decode(self, code: Tensor) -> Tensor:
        """Pictures (B, 1, 28, 28) from codes (B, bits, 1, 1)."""
        return self.decoder(code)

    @property
    def conv_layers(self) -> list[ConvLayer]:
        encoder = conv_layers(("encoder 1", "encoder 2", "encoder 3", "code"), self.encoder)
        return encoder + conv_layers(("decoder 1", "decoder 2", "decoder 3", "decoder 4"), self.decoder)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def _down(inputs: int, outputs: int, conv: type[nn.Conv2d] = nn.Conv2d) -> list[nn.Module]:
    return [conv(inputs, outputs, 4, stride=2, padding=1), BatchNorm2d(outputs), nn.ReLU()]


def _up(inputs: int, outputs: int, kernel: int, conv: type[nn.ConvTranspose2d] = nn.ConvTranspose2d) -> list[nn.Module]:
    return [conv(inputs, outputs, kernel, stride=2, padding=1), BatchNorm2d(outputs), nn.ReLU()]
