"""How a story is told: names that find room on the picture, values that keep their direction, words that are said."""

import pytest

from app.domain.story import tell
from app.domain.story.public import for_buyers
from app.domain.story.steps import Actor
from app.domain.story.words_buyer import BUYER_ACTORS, BUYER_WORDS
from app.pages.story.picture import Figure
from app.pages.story.view import story_view
from app.pages.story.voice import AS_WRITTEN, Voice
from tests.unit.story_facts import paid_facts


def figure(actor: Actor) -> Figure:
    return Figure(actor.value, 0, 0, "", "", "done")


@pytest.mark.parametrize(
    ("actor", "name", "lines"),
    [
        (Actor.NODE, "Shop’s node", ["Shop’s node"]),
        (Actor.NODE, "Nœud de la boutique", ["Nœud de", "la boutique"]),
        (Actor.NETWORK, "Bitcoin-Netzwerk", ["Bitcoin-", "Netzwerk"]),
        (Actor.NETWORK, "ネットワークネットワークネット", ["ネットワークネットワークネット"]),
        (Actor.WALLET, "Portefeuille de la boutique", ["Portefeuille de la boutique"]),
    ],
)
def test_a_long_name_with_others_beside_it_takes_two_lines(actor: Actor, name: str, lines: list[str]) -> None:
    assert figure(actor).lines(name) == lines


def test_what_is_read_from_the_right_has_its_values_apart_and_its_arrows_turned() -> None:
    arabic = Voice({"%(paid)s arrived": "وصل %(paid)s"}.__getitem__, is_rtl=True)
    assert arabic.filled("%(paid)s arrived", {"paid": "1 BTC"}) == "وصل \u20681 BTC\u2069"
    assert AS_WRITTEN.filled("%(paid)s arrived", {"paid": "1 BTC"}) == "1 BTC arrived"
    assert Voice(is_rtl=True).way(Actor.BUYER, Actor.SHOP) == "Buyer ← Shop"
    assert AS_WRITTEN.way(Actor.BUYER, Actor.SHOP) == "Buyer → Shop"
    assert AS_WRITTEN.way(Actor.SATTLE, Actor.SATTLE) == "Sattle"


def test_every_word_of_a_buyers_story_goes_through_its_voice_and_no_empty_one() -> None:
    said: list[str] = []

    def say(text: str) -> str:
        said.append(text)
        return text

    view = story_view(for_buyers(tell(paid_facts())), BUYER_WORDS, Voice(say, BUYER_ACTORS))
    assert "" not in said, "which a catalogue answers with its head"
    for step in view.steps:
        assert step.state_word in said
        assert all(label in said for label, _text, _is_code in step.facts)
        assert all(name in said for name in step.who.split(" → "))
    assert "Block %(number)s" in said
