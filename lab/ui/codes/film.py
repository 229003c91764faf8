"""The film of recorded codes: of all moments, and until these are counted of the one that is rested at."""

from __future__ import annotations

from collections.abc import Sequence

from lab.boards.code_cards import CodeCards, CodeSeen
from lab.boards.filming import film_of
from lab.boards.net_cards import named
from lab.figures.board import Card
from lab.figures.film import Film
from lab.ui.codes.asking import coded_pictures
from lab.ui.codes.recorded import Recorded, layer_words
from lab.ui.inside.asking import instants, version_of
from lab.ui.inside.films import kept_film
from lab.ui.inside.look import Look
from lab.ui.inside.waiting import FEW, film_later


def codes_film(look: Look, told: Sequence[Recorded], with_map: bool, step: int | None) -> Film:
    """The film of all moments; of one alone until those are counted, where more than a few of a net are not.

    That is done in the background. Both show the same bits, those that say most at the newest moment. The axes of the
    one may be shorter.

    Args:
        look: the nets.
        told: what was recorded of them, of a layer of each.
        with_map: whether the map is among the cards.
        step: that a reader rests at; None for the newest.
    """
    version = version_of(
        look.without_picture, "codes", with_map, [(each.side.id, each.layer, each.steps) for each in told]
    )

    def film(version: str, sides: Sequence[Sequence[CodeSeen]], scaled: Sequence[Sequence[CodeSeen]]) -> Film:
        pictures = {each.side.run.id: coded_pictures(each.side, each.at(None).answer) for each in told}
        make = CodeCards(scaled, with_map, pictures)

        def cards(seen: Sequence[CodeSeen]) -> list[Card]:
            return make(seen) if len(seen) == len(look.sides) else named(make(seen), seen[0].run)

        return film_of(version, instants(look), sides, cards, f"codes of {layer_words(told)}, {look.subject}")

    def whole() -> Film:
        sides = [each.all() for each in told]
        return kept_film(version, lambda: film(version, sides, sides))

    def work() -> None:
        _ = whole().encoded  # which it keeps

    if all(each.uncounted <= FEW for each in told):
        return whole()
    film_later(("codes.film", version), work)
    here = [[each.at(step)] for each in told]
    scaled = [[*side, each.at(None)] for side, each in zip(here, told, strict=True)]
    return kept_film(f"{version}@{step}", lambda: film(f"{version}@{step}", here, scaled))
