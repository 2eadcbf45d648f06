"""Full names in their parts: given, middle and family name.

There is no right way to do this for all the world's names. The rules are lists that can be read and
argued with, applied in a fixed order; what none of them knows is given names before a family name.

- "Last, First Middle" is taken at its comma, unless what follows is a suffix.
- Titles before a name (Dr.) are dropped. Suffixes (Jr., III, PhD) are dropped too: they tell
  generations and degrees apart, and no letter begins with them.
- Particles (von, van der, de la, bin) belong to the family name that they stand before.
- Names in Chinese, Japanese and Korean script begin with the family name. Without a blank it is
  told by lists of family names of two and more characters, else it is the first character.
- One word is the family name.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTICLES = _words(
    """
    von vom van zu zur zum der den dem ter ten te 't 'n op aan in het de del della dello delle degli
    dei di da dal dalla do dos das du des la las le les lo los y e af av san santa santo st st. ste
    ste. saint sainte al el ul ibn bin bint ben bat abu abd mac mc ap ab ó ua uí ní nic o' d'
    d\u2019 de'
    dell' dall' l' بن ابن بنت أبو ابو آل עבד בן בת
    """
)
"""In lower case; each may stand before a family name or before another particle."""
NEVER_FIRST = _words("y e")
"""Particles that join two family names and so can't begin one."""
SUFFIXES = _words(
    """
    jr sr jnr snr junior senior ii iii iv v vi 2nd 3rd 4th phd dphil md dds dvm jd esq esquire mba
    msc bsc ma ba rn cpa obe mbe cbe kc qc
    """
)
"""In lower case and without full stops."""
FIRST_SUFFIXES_ALONE = _words("v ma ba md")
"""Suffixes that are names too: they count behind a comma, or in capitals behind two names."""
TITLES = _words(
    """
    mr mrs ms miss mx dr prof sir dame lord lady rev fr herr frau hr dott dra sra sr. srta m mme
    mlle
    monsieur madame mag dipl-ing ing
    """
)
"""In lower case and without full stops; only before other words."""

FAMILY_FIRST_SCRIPTS = ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
CHINESE_DOUBLE = _words(
    """
    歐陽 欧阳 司馬 司马 上官 諸葛 诸葛 夏侯 皇甫 尉遲 尉迟 公孫 公孙 慕容 令狐 司徒 司空 東方 东方
    南宮 南宫
    西門 西门 端木 獨孤 独孤 宇文 長孫 长孙 軒轅 轩辕 鮮于 鲜于 百里 呼延 東郭 东郭 赫連 赫连 澹臺
    澹台
    """
)
KOREAN_DOUBLE = _words("남궁 황보 제갈 사공 선우 서문 독고 동방 망절 어금 장곡")
JAPANESE = _words(
    """
    佐藤 鈴木 高橋 田中 渡辺 渡邊 渡邉 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上
    木村 斎藤 齋藤
    斉藤 清水 山崎 阿部 森 池田 橋本 山下 石川 中島 前田 藤田 小川 後藤 岡田 長谷川 村上 近藤 石井
    坂本 遠藤
    青木 藤井 西村 福田 太田 三浦 岡本 松田 中川 中野 原田 小野 田村 竹内 金子 和田 中山 石田 上田
    森田 柴田
    酒井 宮崎 横山 高木 安藤 宮本 大野 小島 谷口 工藤 今井 高田 増田 丸山 杉山 村田 大塚 新井 小山
    平野 藤原
    河野 上野 野口 武田 松井 千葉 菅原 岩崎 木下 久保 佐野 野村 松尾 市川 菊地 菊池 杉本 古川 大西
    島田 水野
    桜井 櫻井 高野 渡部 吉川 山内 西田 飯田 西川 小松 北村 安田 五十嵐 川口 平田 関 中田 川崎 服部
    東 岩田
    土屋 福島 本田 樋口 秋山 田口 永井 山中 中西 吉村 川上 大島 荒木 熊谷 久保田 宮田 黒田 堀 尾崎
    望月 永田
    内藤 松村 西山 大谷 平井 勅使河原 小笠原 宇多田 宮﨑 黒澤 黒沢 北野 三船 渥美 是枝 新海 細田
    庵野
    """
)

MAXIMUM_FAMILY_CHARACTERS = 4


class Name(NamedTuple):
    """The parts of a name; a part that it does not have is None."""

    first: str | None
    middle: str | None
    last: str | None


def split_name(full_name: str) -> Name:
    """The parts of a full name, each as it was written but for white space.

    Args:
        full_name: a name of one person; a blank text has no parts.
    """
    head, comma, tail = unicodedata.normalize("NFC", full_name).partition(",")
    words, rest = head.split(), tail.replace(",", " ").split()
    if not comma or all(_is_suffix(word, alone=True) for word in rest):
        return _in_order(words)
    if not words:
        return _in_order(rest)
    given = _without_suffixes(_without_titles(rest), alone=True)
    family = " ".join(_without_suffixes(words, alone=False))
    # Particles may follow the given names: "Beethoven, Ludwig van".
    names, particles = _cut_particles_behind(given)
    return _name(names, " ".join([*particles, family]))


def _in_order(words: list[str]) -> Name:
    if words and all(_is_family_first(word) for word in words):
        return _family_first(words)
    words = _without_suffixes(_without_titles(words), alone=False)
    if not words:
        return Name(None, None, None)
    if len(words) == 1:
        return Name(None, None, words[0])
    start = _family_start(words)
    return _name(words[:start], " ".join(words[start:]))


def _name(given: list[str], family: str) -> Name:
    if not given:
        return Name(None, None, family)
    return Name(given[0], " ".join(given[1:]) or None, family)


def _family_start(words: list[str]) -> int:
    """Where the family name begins: at the first of the particles before its last word."""
    start = len(words) - 1
    while start > 1 and _is_particle(words[start - 1]):
        start -= 1
        if words[start].casefold() in NEVER_FIRST:
            # "Ortega y Gasset", "Eça e Queirós": the name before it belongs to it.
            start = max(start - 1, 1)
    # "van Gogh" alone has no given name.
    return 0 if start == 1 and _is_particle(words[0]) and len(words) > 1 else start


def _cut_particles_behind(words: list[str]) -> tuple[list[str], list[str]]:
    end = len(words)
    while end > 1 and _is_particle(words[end - 1]):
        end -= 1
    return words[:end], words[end:]


def _is_particle(word: str) -> bool:
    return word.casefold() in PARTICLES


def _without_titles(words: list[str]) -> list[str]:
    # "Miss Saigon" may be a name, "Dr. Weiß" is none.
    while words and len(words) > (1 if words[0].endswith(".") else 2) and _is_title(words[0]):
        words = words[1:]
    return words


def _is_title(word: str) -> bool:
    return word.casefold().rstrip(".") in TITLES


def _without_suffixes(words: list[str], *, alone: bool) -> list[str]:
    while len(words) > (1 if alone else 2) and _is_suffix(words[-1], alone=alone):
        words = words[:-1]
    return words


def _is_suffix(word: str, *, alone: bool) -> bool:
    plain = word.casefold().replace(".", "")
    if plain in FIRST_SUFFIXES_ALONE and not alone:
        return word.isupper()
    return plain in SUFFIXES


def _is_family_first(word: str) -> bool:
    """True for a word of Chinese, Japanese or Korean script."""
    letters = [letter for letter in word if letter.isalpha()]
    return bool(letters) and all(
        unicodedata.name(letter, "").startswith(FAMILY_FIRST_SCRIPTS) for letter in letters
    )


def _family_first(words: list[str]) -> Name:
    if len(words) > 1:
        family, *given = words
        return _name(given, family)
    [word] = words
    length = _family_length(word)
    return Name(word[length:] or None, None, word[:length])


def _family_length(word: str) -> int:
    """How many characters of a name without a blank are the family name."""
    if len(word) < 2 or unicodedata.name(word[0], "").startswith("KATAKANA"):
        # Foreign names are written in Katakana, and nothing tells their parts apart.
        return len(word)
    longest = min(MAXIMUM_FAMILY_CHARACTERS, len(word) - 1)
    for length in range(longest, 1, -1):
        if word[:length] in CHINESE_DOUBLE | KOREAN_DOUBLE | JAPANESE:
            return length
    return 1
