"""The validation split and the batches that a run trains on."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.data import Batches, DataError, Images, normalized, split
from lab.data.digits import Digits


def blank(count: int) -> Images:
    pixels, labels = torch.zeros(count, 28, 28, dtype=torch.uint8), torch.zeros(count, dtype=torch.int64)
    return Images(pixels, labels, pixels[:1], labels[:1], 0.0, 1.0)


class TestSplit:
    @settings(max_examples=50)
    @given(st.data(), st.integers(2, 300), st.integers(0, 2**32))
    def test_is_disjoint_complete_and_seeded(self, data: st.DataObject, count: int, seed: int) -> None:
        dataset = Digits(validation=data.draw(st.integers(1, count - 1)))
        images = blank(count)
        whole = split(dataset, images, seed)
        assert len(whole.validation) == dataset.validation
        assert sorted([*whole.train.tolist(), *whole.validation.tolist()]) == list(range(count))
        assert whole.train.dtype == whole.validation.dtype == torch.int64
        subset = data.draw(st.integers(1, count - dataset.validation))
        part = split(dataset, images, seed, subset)
        assert torch.equal(part.validation, whole.validation)
        assert torch.equal(part.train, whole.train[:subset])

    def test_depends_on_the_seed(self) -> None:
        first, second = (split(Digits(validation=50), blank(200), seed) for seed in (0, 1))
        assert not torch.equal(first.validation, second.validation)

    def test_leaves_the_global_generator_alone(self) -> None:
        before = torch.get_rng_state()
        split(Digits(), blank(300), 3)
        assert torch.equal(torch.get_rng_state(), before)

    @pytest.mark.parametrize("subset", [0, 101, 10_000])
    def test_refuses_a_subset_that_is_not_there(self, subset: int) -> None:
        with pytest.raises(DataError, match=rf"subset of {subset} .* has 100 beside"):
            split(Digits(validation=20), blank(120), 0, subset)

    def test_refuses_to_hold_out_everything(self) -> None:
        with pytest.raises(DataError, match=r"has 20 training images, so 20 cannot"):
            split(Digits(validation=20), blank(20), 0)


def marked(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images, and their own numbers for labels."""
    pixels = torch.randint(256, (count, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return pixels, torch.arange(count)


def batches(count: int, size: int, seed: int = 0, indices: torch.Tensor | None = None) -> Batches:
    chosen = torch.arange(count) if indices is None else indices
    return Batches(*marked(count), chosen, size, (0.13, 0.31), "cpu", torch.Generator().manual_seed(seed))


def shifted(count: int, size: int, shift: int, seed: int = 0) -> Batches:
    generators = [torch.Generator().manual_seed(number) for number in (0, seed)]
    order, shifts = generators
    return Batches(*marked(count), torch.arange(count), size, (0.13, 0.31), "cpu", order, shift, shifts)


class TestBatches:
    @settings(max_examples=40)
    @given(st.integers(1, 700), st.integers(1, 800), st.integers(0, 99))
    def test_every_index_once_an_epoch(self, count: int, size: int, seed: int) -> None:
        indices = torch.randperm(700, generator=torch.Generator().manual_seed(seed))[:count]
        served = batches(700, size, seed, indices)
        for _ in range(2):
            labels = [batch for _, batch in served.epoch()]
            assert len(labels) == served.steps_per_epoch
            assert all(len(batch) == size for batch in labels[:-1])
            lone = size > 1 and count > 1 and count % size == 1  # batch norm cannot take a batch of one
            assert len(torch.cat(labels)) == count - lone
            assert set(torch.cat(labels).tolist()) <= set(indices.tolist())
            assert len(set(torch.cat(labels).tolist())) == count - lone

    def test_images_are_normalized_and_go_with_their_labels(self) -> None:
        pixels, _ = marked(600)
        for values, labels in batches(600, 64).epoch():
            assert values.shape == (len(labels), 1, 28, 28)
            assert values.dtype == torch.float32
            plain = (pixels[labels].unsqueeze(1).double() / 255 - 0.13) / 0.31
            torch.testing.assert_close(values.double(), plain, rtol=0, atol=5e-7)
        torch.testing.assert_close(
            normalized(pixels, 0.13, 0.31, "cpu").double(),
            (pixels.unsqueeze(1).double() / 255 - 0.13) / 0.31,
            rtol=0,
            atol=5e-7,
        )

    def test_the_seed_decides_and_epochs_differ(self) -> None:
        one, same, other = (batches(300, 32, seed) for seed in (1, 1, 2))
        orders = [
            [torch.cat([labels for _, labels in served.epoch()]).tolist() for _ in range(2)]
            for served in (one, same, other)
        ]
        assert orders[0] == orders[1]
        assert orders[0] != orders[2]
        assert orders[0][0] != orders[0][1]

    @settings(max_examples=30)
    @given(st.integers(0, 40), st.sampled_from([1, 7, 32, 100, 300, 700]))
    def test_skipping_serves_the_rest(self, skip: int, size: int) -> None:
        whole, rest = list(batches(600, size).epoch()), list(batches(600, size).epoch(skip))
        assert len(rest) == max(0, len(whole) - skip)
        for (values, labels), (same_values, same_labels) in zip(whole[skip:], rest, strict=True):
            assert torch.equal(values, same_values)
            assert torch.equal(labels, same_labels)

    def test_the_order_is_drawn_at_the_call(self) -> None:
        generator = torch.Generator().manual_seed(0)
        served = Batches(*marked(50), torch.arange(50), 8, (0.0, 1.0), "cpu", generator)
        before = generator.get_state()
        epoch = served.epoch()
        after = generator.get_state()
        list(epoch)
        assert not torch.equal(before, after)
        assert torch.equal(after, generator.get_state())

    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, 14), st.integers(0, 99))
    def test_shifted_images_are_themselves_moved_over_background(self, shift: int, seed: int) -> None:
        pixels, _ = marked(300)
        served = shifted(300, 32, shift, seed)
        framed = torch.nn.functional.pad(pixels, [shift] * 4)
        for values, labels in served.epoch():
            bytes_again = ((values[:, 0].double() * 0.31 + 0.13) * 255).round().to(torch.uint8)
            windows = framed[labels].unfold(1, 28, 1).unfold(2, 28, 1)  # (B, rows, columns, 28, 28)
            alike = (windows[..., ::9, ::9] == bytes_again[:, None, None, ::9, ::9]).flatten(3).all(3)
            same = [
                (windows[image, row, column] == bytes_again[image]).all()
                for image, row, column in alike.nonzero().tolist()
            ]
            found = torch.zeros(len(labels), dtype=torch.bool)
            found[alike.nonzero()[:, 0][torch.stack(same)]] = True
            assert found.all()

    def test_every_shift_is_as_likely_and_both_directions_are_independent(self) -> None:
        count, shift = 4500, 1
        pixels = torch.zeros(count, 28, 28, dtype=torch.uint8)
        pixels[:, 14, 14] = 255
        generators = (torch.Generator().manual_seed(seed) for seed in (0, 1))
        order, shifts = generators
        served = Batches(pixels, torch.zeros(count), torch.arange(count), 500, (0.0, 1.0), "cpu", order, shift, shifts)
        images = torch.cat([values for values, _ in served.epoch()])
        found = images.sum(0)[0, 13:16, 13:16]
        assert found.sum() == count, "each is moved by one pixel at most"
        # Nine places of 500 each, give or take 21: five deviations.
        assert (found - count / 9).abs().max() < 5 * (count * (1 / 9) * (8 / 9)) ** 0.5

    def test_shifts_leave_the_order_alone_and_differ_between_epochs(self) -> None:
        plain, moved = batches(300, 32), shifted(300, 32, 2)
        epochs = []
        for _ in range(2):
            pairs = list(zip(plain.epoch(), moved.epoch(), strict=True))
            assert all(torch.equal(one[1], other[1]) for one, other in pairs)
            by_label = torch.cat([other[1] for _, other in pairs]).argsort()
            epochs.append(torch.cat([other[0] for _, other in pairs])[by_label])
        same = (epochs[0] == epochs[1]).flatten(1).all(1).float().mean()
        assert same < 0.15, "one in 25 by chance"

    @pytest.mark.parametrize("skip", [1, 7, 9])
    def test_skipping_serves_the_rest_of_shifted_images(self, skip: int) -> None:
        whole, rest = list(shifted(600, 64, 3).epoch()), list(shifted(600, 64, 3).epoch(skip))
        assert len(rest) == len(whole) - skip
        for (values, _), (same, _) in zip(whole[skip:], rest, strict=True):
            assert torch.equal(values, same)

    def test_kept_batches_stay_and_images_are_not_touched(self) -> None:
        pixels, labels = marked(500)
        original = pixels.clone()
        served = Batches(pixels, labels, torch.arange(500), 16, (0.1, 0.3), "cpu", torch.Generator())
        kept = [(values, values.clone()) for _ in range(2) for values, _ in served.epoch()]
        assert all(torch.equal(values, copy) for values, copy in kept)
        for values, _ in served.epoch():
            values.zero_()
        assert torch.equal(pixels, original)
