"""The model that tests/cog/real.ts runs in a container of Cog."""

import time
from typing import Iterator

from cog import BasePredictor, Input, Path


class Predictor(BasePredictor):
    def predict(
        self,
        prompt: str = Input(description="The prompt"),
        steps: int = Input(default=3, ge=1, le=40),
        delay: float = Input(default=0.2),
        image: Path = Input(default=None),
        fail: bool = Input(default=False),
    ) -> Iterator[str]:
        for step in range(steps):
            time.sleep(delay)
            print(f"{100 * (step + 1) // steps}%|###| {step + 1}/{steps} [00:01<00:01, 1.0it/s]")
            yield f"{prompt} {step}" if image is None else f"{len(open(image, 'rb').read())} bytes"
        if fail:
            raise ValueError("out of paint")
