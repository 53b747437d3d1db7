"""Invented news: the same number always gives the same story."""

from dataclasses import dataclass
from random import Random

TOPICS = {
    "tech": (
        "The Umberfield Circuit",
        "a toaster",
        "a lighthouse",
        "a weather app",
        "a typewriter",
    ),
    "science": ("Journal of Small Wonders", "a comet", "a snail", "a cloud", "an old magnet"),
    "culture": ("The Paper Lantern", "a choir", "a marionette", "a bookshop", "a silent film"),
    "sports": ("Heron Valley Sports", "a rowing club", "a chess team", "a snail race", "a referee"),
}
_PLACES = ("Umberfield", "Port Lemon", "Heron Valley", "Nether Biscuit", "the Isle of Wool")
_DEEDS = {
    "tech": ("learns to apologise", "passes its driving test", "is elected deputy mayor"),
    "science": ("turns out to be two", "is heard humming at night", "moves a little to the left"),
    "culture": ("sells out for nine years", "wins the Golden Teaspoon", "refuses to end"),
    "sports": ("draws against the tide", "breaks the record for patience", "changes sides at noon"),
}
_REACTIONS = (
    "Nobody in {place} had seen it coming, although a baker says that she dreamt of it twice.",
    "A committee has been formed; it meets on the pier, weather and seagulls permitting.",
    "The mayor called it “a great day for everybody who likes this kind of thing”.",
    "Experts from {place} agree that more experts will be needed.",
    "Visitors may look, but are asked not to whistle.",
    "Tea was served. It will be served again tomorrow, at the same place.",
)


@dataclass(frozen=True, slots=True)
class Story:
    number: int
    topic: str
    title: str
    paragraphs: tuple[str, ...]


def story(number: int) -> Story:
    """Invent the story of this number; topics take turns."""
    chance = Random(number)  # noqa: S311 - invention, not secrecy
    topic = list(TOPICS)[number % len(TOPICS)]
    place, who = chance.choice(_PLACES), chance.choice(TOPICS[topic][1:])
    title = f"{who} in {place} {chance.choice(_DEEDS[topic])}"
    reactions = chance.sample(_REACTIONS, 3)
    return Story(
        number=number,
        topic=topic,
        title=title[0].upper() + title[1:],
        paragraphs=tuple(text.format(place=place) for text in reactions),
    )


def picture(number: int) -> str:
    """Draw a small landscape as SVG: a sun, some hills."""
    chance = Random(number)  # noqa: S311 - see above
    hue = chance.randrange(360)
    hills = "".join(
        f'<path fill="hsl({hue + 25 * row} 45% {62 - 14 * row}%)" d="M0 {180 + 45 * row} '
        f"Q{chance.randrange(80, 240)} {80 + 50 * row} 320 {170 + 45 * row} "
        f'T640 {150 + 50 * row} V360 H0Z"/>'
        for row in range(4)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360">'
        f'<rect width="640" height="360" fill="hsl({hue} 60% 88%)"/>'
        f'<circle cx="{chance.randrange(90, 550)}" cy="{chance.randrange(60, 130)}" r="36" '
        f'fill="hsl({hue + 180} 80% 78%)"/>{hills}</svg>'
    )
