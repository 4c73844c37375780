"""What is configured at installation, and the configuration items by their digests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from vials.pictures import digest
from vials.scoring import Model, model_of

VERSION = "1.0.0"


@dataclass(frozen=True)
class Settings:
    models: Path
    """Folder of the model files."""
    challenge: Path
    """List of the locked challenge set."""
    idle: float = 900.0
    attempts: int = 3
    window: int = 5
    """Pictures of a batch over which drift is looked for."""
    brightness_low: float = 145.0
    brightness_high: float = 185.0
    score_high: float = 0.60
    """Highest mean score over the window."""
    sensitivity: float = 0.95
    specificity: float = 0.90
    """Limits of the lower 95 % confidence bounds on the challenge set."""

    def model(self, version: str) -> Model:
        """Raises ValueError for a version there is not, or whose file is no model."""
        if not version or not all(c.isascii() and (c.isdigit() or c == ".") for c in version):
            raise ValueError(f"there is no model {version!r}")
        try:
            return model_of(self.models / f"{version}.json")
        except OSError:
            raise ValueError(f"there is no model {version!r}") from None

    def challenge_set(self) -> tuple[str, dict[str, bool]]:
        """Digest of the list; digest of each picture -> whether the vial has a defect."""
        data = self.challenge.read_bytes()
        return digest(data), {row["sha256"]: row["truth"] != "good" for row in json.loads(data)["pictures"]}

    def told(self) -> dict[str, str]:
        """Names and values as the installation tells them."""
        found = {
            "attempts": str(self.attempts),
            "idle_seconds": f"{self.idle:g}",
            "drift_window": str(self.window),
            "brightness_low": f"{self.brightness_low:g}",
            "brightness_high": f"{self.brightness_high:g}",
            "score_high": f"{self.score_high:.2f}",
            "sensitivity_limit": f"{self.sensitivity:.2f}",
            "specificity_limit": f"{self.specificity:.2f}",
            "challenge_set": self.challenge_set()[0],
        }
        for path in sorted(self.models.glob("*.json")):
            model = model_of(path)
            found |= {
                f"model_{model.version}": model.digest,
                f"threshold_{model.version}": model.threshold,
                f"training_set_{model.version}": model.training,
            }
        return found
