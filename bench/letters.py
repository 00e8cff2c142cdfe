"""Letters to search in: Chinese and English words as often as they are in real mail (Zipf), the same for a seed.

A few words are put in by number, so that a bench knows how often they are there: RARE in 1 of 20,000 letters, and
PAIR, a word nobody uses of two characters everybody uses, in as many.
"""

from itertools import accumulate
from random import Random

from bench.vocabulary import chinese, english, subject

RARE = "麒麟"
PAIR = "请单"
EVERY = 20_000
_COMMON = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成"
    "方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使"
    "情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老"
    "给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目"
    "太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王"
)


class Letters:
    """Makes letters, one after another."""

    def __init__(self, seed: int) -> None:
        rng = self._rng = Random(seed)
        fixed = Random(11)  # the vocabulary is the same for every seed
        self._words = [
            "".join(fixed.choice(_COMMON) for _ in range(fixed.choice((1, 2, 2, 2, 3)))) for _ in range(8_000)
        ]
        self._weights = list(accumulate(1 / (n + 10) for n in range(len(self._words))))
        self._latin = [
            "".join(fixed.choice("etaoinshrdlucmfwypvbgk") for _ in range(fixed.randrange(3, 10)))
            for _ in range(20_000)
        ]
        self._latin_weights = list(accumulate(1 / (n + 10) for n in range(len(self._latin))))
        self._rng = rng

    def _sentence(self) -> str:
        words = self._rng.choices(self._words, cum_weights=self._weights, k=self._rng.randrange(6, 14))
        return "".join(words) + "。"

    def text(self, number: int) -> str:
        """About 230 characters and 25 Latin words."""
        rng = self._rng
        lines = [chinese(rng), *(self._sentence() for _ in range(8)), english(rng)]
        lines.append(" ".join(rng.choices(self._latin, cum_weights=self._latin_weights, k=16)))
        lines.append(f"单号 {rng.randrange(10**9)}")
        if number % EVERY == 0:
            lines.append(f"附：{RARE}与{PAIR}。")
        return "\n".join(lines)

    def subject(self) -> str:
        return subject(self._rng)
