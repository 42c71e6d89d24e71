"""Restyled pictures of before, so that a discriminator does not forget them.

Shrivastava et al., arXiv:1612.07828, 2.3, as CycleGAN does it.
"""

from __future__ import annotations

from torch import Tensor, cat, rand, randint


class ImagePool:
    """Keeps so many pictures, and gives older ones in exchange for new ones.

    Attributes:
        pictures: (k, C, h, w) those that are kept, k from 0 to the size; all that a resume needs.

    Args:
        size: how many at most, CycleGAN's 50; 0 keeps none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.pictures: Tensor | None = None

    def exchange(self, made: Tensor) -> Tensor:
        """Return as many pictures: each the new one or, half of the time, an older one, whose place it takes.

        Until the pool is full new ones are kept and returned. Draws from torch's generator.

        Args:
            made: (n, C, h, w) without gradients.
        """
        kept = [] if self.pictures is None else list(self.pictures)
        given = []
        for picture in made:
            if len(kept) < self.size:
                kept.append(picture)
                given.append(picture)
            elif self.size and rand(()) < 0.5:
                place = int(randint(self.size, ()))
                given.append(kept[place])
                kept[place] = picture
            else:
                given.append(picture)
        self.pictures = cat([picture[None] for picture in kept]) if kept else None
        return cat([picture[None] for picture in given])
