"""Source 001's autoencoder at several code sizes, against codes of as many bits that need no training."""

from __future__ import annotations

from functools import partial

from lab.presets import PRESETS
from lab.studies.base import REFERENCE, TEST_MSE, Along, Computed, Row, Study, Trained, mse
from lab.studies.baselines import itq, mean_image, pca, sign_pca

FIELDS, BEST = PRESETS["source-001"].fields, PRESETS["source-001-best"].fields
BITS = (16, 32, 64, 128, 256, 512)
SIGNS = {16: ".1651", 32: ".1402", 64: ".1210", 128: ".1092", 512: ".0992"}
ITQ = {16: ".1507", 32: ".1154", 64: ".0856"}
COMPONENTS = {8: ".1498", 16: ".1074", 32: ".0673", 64: ".0362", 128: ".0168"}
CHECKED = "Not from the source: computed once, to check these figures against."
TAKEN_OUT = "The images held out for validation are not used: 54 000 are, where the figure had 60 000."


def _net(bits: int, rival: Row) -> Row:
    net = {"name": "autoencoder", "code_bits": bits}
    if bits == 512:
        return Trained(
            name="source-001",
            title="Source 001 as written, 512 bits",
            published=(mse(".01861", REFERENCE),),
            meaning=(
                "The source shows pictures and no figure. This is one run of its net, seed 0, all 60 000 training "
                "images, 5 epochs, measured with batch norm in evaluation mode, which the source forgot."
            ),
            differs="54 000 training images, so a tenth fewer steps in 5 epochs.",
            rival=rival,
            fields=FIELDS,
        )
    title = f"Source 001's net with {bits} bits"
    fields = {**FIELDS, "architecture": net}
    return Trained(name=f"net-{bits}", title=title, rival=rival, measures=(TEST_MSE,), fields=fields)


def _best(bits: int, rival: Row) -> Row:
    return Trained(
        name=f"best-{bits}",
        title=f"Best recipe found here, {bits} bits",
        rival=rival,
        measures=(TEST_MSE,),
        fields={**BEST, "architecture": {**BEST["architecture"], "code_bits": bits}},
    )


def _signs(bits: int) -> Row:
    figures = (mse(SIGNS[bits], REFERENCE),) if bits in SIGNS else ()
    return Computed(
        name=f"sign-pca-{bits}",
        title=f"Signs of {bits} principal components",
        published=figures,
        meaning=CHECKED if figures else "",
        differs=TAKEN_OUT,
        measures=(TEST_MSE,),
        compute=partial(sign_pca, bits=bits),
    )


def _itq(bits: int) -> Row:
    figures = (mse(ITQ[bits], REFERENCE),) if bits in ITQ else ()
    return Computed(
        name=f"itq-{bits}",
        title=f"ITQ, {bits} bits, least-squares decoder",
        published=figures,
        meaning=CHECKED if figures else "",
        differs=f"{TAKEN_OUT} ITQ starts from a random rotation, another for each seed.",
        measures=(TEST_MSE,),
        compute=partial(itq, bits=bits),
    )


def _pca(components: int) -> Row:
    return Computed(
        name=f"pca-{components}",
        title=f"{components} principal components, real numbers",
        published=(mse(COMPONENTS[components], REFERENCE),),
        meaning=CHECKED,
        differs=TAKEN_OUT,
        compute=partial(pca, components=components),
    )


MEAN = Computed(
    name="mean",
    title="The mean image, 0 bits",
    published=(mse(".2699", REFERENCE),),
    meaning=CHECKED,
    differs=TAKEN_OUT,
    compute=mean_image,
)

ROTATED = [_itq(bits) for bits in BITS]
STUDY = Study(
    name="autoencoder",
    title="Source 001: the autoencoder and its baselines",
    summary="Pictures to 16 to 512 bits and back, beside principal components, their signs, and ITQ.",
    source="source 001: Intuitive explanation of straight-through estimators with PyTorch (blog); figures: see rows",
    story=(
        "28×28 pixels to a code of bits and back, by mean squared error of pixels in [-1, 1] (a quarter of that in "
        "[0, 1]).\n\n"
        "- **The source publishes no error.** The figure beside its row is one run of its net. Its own test loop runs "
        "in training mode, so what it would have printed is not even a test.\n"
        "- **A ReLU stands in front of the binarizer**, so a bit that is 0 gets no gradient; the gradient clip that it "
        "advertises never acts.\n"
        "- **512 bits are 64 bytes.** 32 real principal components do worse than the net, and cost 128 bytes. Fewer "
        "bits are the honest test: `net-16` to `net-256` against signs of principal components and against ITQ, "
        "which turns them until their signs fit better, with the linear decoder of least squares.\n"
        "- **As written, few bits do badly, and batch norm has a part in it.** From 128 bits on the net is below ITQ; "
        "with 16, 32 and 64 it is above it. With 32 the running statistics of its batch norms do not fit: taken anew "
        "from 8192 training images, in batches of 64, they bring the three nets from .243, .256 and .214 to .129, .134 "
        "and .141, which is still above ITQ. One of 128 bits goes from .0477 to .0464.\n"
        "- **The best recipe found here**, `best-16` to `best-512`, is that of the preset `source-001-best`: the same "
        "net and epochs without that ReLU, with bits of -1 and +1, trained by Muon. Each is to beat ITQ."
    ),
    rows=(
        *map(_net, BITS, ROTATED),
        *map(_best, BITS, ROTATED),
        *ROTATED,
        *map(_signs, BITS),
        *map(_pca, COMPONENTS),
        MEAN,
    ),
    along=Along(
        "code size",
        "bits of a code; of principal components, real numbers",
        {
            "Best recipe found here": {bits: f"best-{bits}" for bits in BITS},
            "Source 001's net": {bits: "source-001" if bits == 512 else f"net-{bits}" for bits in BITS},
            "ITQ, least-squares decoder": {bits: f"itq-{bits}" for bits in BITS},
            "Signs of principal components": {bits: f"sign-pca-{bits}" for bits in BITS},
            "Principal components, real numbers": {count: f"pca-{count}" for count in COMPONENTS},
        },
    ),
)
