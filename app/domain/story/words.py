"""What a merchant reads at each step: a title and two plain sentences, by the step's key and variant."""

from collections.abc import Mapping

from app.domain.story import words_bridge, words_end, words_order, words_payment
from app.domain.story.text import Words

WORDS: Mapping[str, Words] = {**words_order.WORDS, **words_payment.WORDS, **words_end.WORDS, **words_bridge.WORDS}
